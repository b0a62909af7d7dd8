//! Where the room service is and the keys to it, as each command takes them.
//!
//! A flag beats the environment, which beats the config file, which beats the development default.

use std::path::PathBuf;

use clap::Args;

/// What was given by flags and environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) url: ServiceUrl,
    pub(crate) application: Application,
    pub(crate) user_sig_key: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) operator_token: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServiceUrl {
    /// Where the service is.
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_SERVICE",
        hide_env_values = true,
        help = "Where the room service is [default: ws://127.0.0.1:7450]"
    )]
    pub(crate) service: Option<String>,
    /// Certificates in PEM form of authorities to believe beside the system's, for wss:// and https://.
    #[arg(long, value_name = "FILE", env = "EXEUNT_AUTHORITIES")]
    pub(crate) authorities: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Application {
    /// The application's number [default: 1400000000].
    #[arg(long, value_name = "NUMBER", env = "EXEUNT_SDK_APP_ID")]
    pub(crate) sdk_app_id: Option<u32>,
    /// What stands in a file.
    #[arg(
        long,
        value_name = "FILE",
        env = "EXEUNT_CONFIG",
        help = "A TOML file; `exeunt serve --print-config` prints one with every key explained"
    )]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
struct UserSigKey {
    /// The key that users' signatures are made with. Flags can be read by other users of this
    /// machine; better use the environment or a config file [default: a development key].
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_USER_SIG_KEY",
        hide_env_values = true
    )]
    user_sig_key: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Secret {
    /// The operator's name at the server API [default: exeunt-development].
    #[arg(long, value_name = "ID", env = "EXEUNT_SECRET_ID")]
    pub(crate) secret_id: Option<String>,
    /// The operator's key [default: a development key].
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_SECRET_KEY",
        hide_env_values = true
    )]
    pub(crate) secret_key: Option<String>,
}

/// What somebody needs who enters rooms.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Room service and keys")]
pub(crate) struct AsMember {
    #[command(flatten)]
    url: ServiceUrl,
    #[command(flatten)]
    application: Application,
    #[command(flatten)]
    user_sig_key: UserSigKey,
    /// A signature that was made elsewhere, instead of one made with the key.
    #[arg(
        long,
        value_name = "SIG",
        env = "EXEUNT_USER_SIG",
        hide_env_values = true
    )]
    pub(crate) user_sig: Option<String>,
}

/// What an operator needs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Room service and keys")]
pub(crate) struct AsOperator {
    #[command(flatten)]
    url: ServiceUrl,
    #[command(flatten)]
    application: Application,
    #[command(flatten)]
    secret: Secret,
}

/// What the service itself needs.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Keys")]
pub(crate) struct AsService {
    #[command(flatten)]
    application: Application,
    #[command(flatten)]
    user_sig_key: UserSigKey,
    #[command(flatten)]
    secret: Secret,
    /// What opens the console and the metrics [default: with the development keys one that everybody
    /// knows, else none: both are closed].
    #[arg(
        long,
        value_name = "TOKEN",
        env = "EXEUNT_OPERATOR_TOKEN",
        hide_env_values = true
    )]
    operator_token: Option<String>,
}

impl From<AsMember> for Given {
    fn from(keys: AsMember) -> Self {
        Self {
            url: keys.url,
            application: keys.application,
            user_sig_key: keys.user_sig_key.user_sig_key,
            ..Self::default()
        }
    }
}

impl From<AsOperator> for Given {
    fn from(keys: AsOperator) -> Self {
        Self {
            url: keys.url,
            application: keys.application,
            secret: keys.secret,
            ..Self::default()
        }
    }
}

impl From<AsService> for Given {
    fn from(keys: AsService) -> Self {
        Self {
            application: keys.application,
            user_sig_key: keys.user_sig_key.user_sig_key,
            secret: keys.secret,
            operator_token: keys.operator_token,
            ..Self::default()
        }
    }
}
