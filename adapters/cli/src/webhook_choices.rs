//! Who is told what happens in the rooms of `exeunt serve`: flags and environment over the config file.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use exeunt_room_service::{Secret, Webhook, WebhookReach, WebhookRetry};
use exeunt_websocket::Trust;
use serde::Deserialize;
use toml::Spanned;

use crate::authorities;
use crate::config_file::{either, secret};
use crate::failure::Failure;

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Webhooks")]
pub(crate) struct WebhookChoices {
    /// Tell what happens in the rooms to this address, https:// or http://, as TRTC's event callbacks do;
    /// may be given several times.
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_WEBHOOKS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    webhook: Vec<String>,
    /// The key that webhooks are signed with: 1 to 32 letters and digits.
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_WEBHOOK_KEY",
        hide_env_values = true
    )]
    webhook_key: Option<String>,
    /// Which addresses webhooks may be sent to [default: public].
    #[arg(long, value_enum, env = "EXEUNT_WEBHOOK_REACH")]
    webhook_reach: Option<ReachName>,
    /// From one attempt to the next, after the second [default: 10].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_WEBHOOK_RETRY_PAUSE",
        value_parser = clap::value_parser!(u64).range(WebhooksSection::PAUSE))]
    webhook_retry_pause: Option<u64>,
    /// For how long what was not taken is sent again; once at once in any case [default: 60].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_WEBHOOK_RETRY_FOR",
        value_parser = clap::value_parser!(u64).range(WebhooksSection::SPAN))]
    webhook_retry_for: Option<u64>,
    /// Certificates in PEM form of authorities to believe beside the system's, for https:// webhooks.
    #[arg(long, value_name = "FILE", env = "EXEUNT_WEBHOOK_AUTHORITIES")]
    webhook_authorities: Option<PathBuf>,
}

/// The same in the config file: `[serve.webhooks]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhooksSection {
    pub(crate) urls: Vec<Spanned<String>>,
    #[serde(deserialize_with = "secret")]
    key: Option<String>,
    reach: Option<ReachName>,
    pub(crate) retry_pause_s: Option<Spanned<u64>>,
    pub(crate) retry_for_s: Option<Spanned<u64>>,
    pub(crate) authorities: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReachName {
    /// Public addresses only.
    Public,
    /// This machine and private networks as well.
    Private,
    /// All, those where clouds keep their metadata among them.
    Anywhere,
}

impl From<ReachName> for WebhookReach {
    fn from(name: ReachName) -> Self {
        match name {
            ReachName::Public => Self::Public,
            ReachName::Private => Self::Private,
            ReachName::Anywhere => Self::Anywhere,
        }
    }
}

impl WebhooksSection {
    pub(crate) const PAUSE: RangeInclusive<u64> = 1..=3600;
    pub(crate) const SPAN: RangeInclusive<u64> = 0..=86_400;

    /// The section as it is printed.
    pub(crate) const TEXT: &str = r#"[serve.webhooks]
# Who is told what happens in the rooms, as TRTC's event callbacks do: https:// or http:// addresses.
urls = []
# The key that webhooks are signed with: 1 to 32 letters and digits. Where there are urls it has to be.
#key = "lettersAndDigits"
# Which addresses may be reached: "public" ones only, "private" for this machine and private networks as
# well, "anywhere" for all, those where clouds keep their metadata among them.
reach = "public"
# What was not taken is sent again at once, then with this pause, in seconds: 1 to 3600.
retry_pause_s = 10
# For so long, in seconds: 0 to 86400.
retry_for_s = 60
# Certificates in PEM form of authorities that the system does not know, for https:// addresses.
#authorities = "webhook-authority.pem"
"#;

    /// What makes no sense in it by itself, with the place.
    pub(crate) fn senseless(&self) -> Option<(usize, String)> {
        self.urls.iter().find_map(|url| {
            let webhook = Webhook::new(url.get_ref(), Secret::new("k"), WebhookReach::Anywhere);
            let error = webhook.err()?;
            Some((url.span().start, error.to_string()))
        })
    }
}

impl WebhookChoices {
    /// Those that are to be told. `config` is where the file is, for what is wrong with it.
    pub(crate) fn webhooks(
        &self,
        file: &WebhooksSection,
        config: Option<&Path>,
    ) -> Result<Vec<Webhook>, Failure> {
        let (urls, wrong) = if self.webhook.is_empty() {
            let urls = file.urls.iter().map(|url| url.get_ref().as_str()).collect();
            let path = config.unwrap_or(Path::new("")).to_owned();
            let wrong: Box<dyn Fn(String) -> Failure> = Box::new(move |detail| Failure::Config {
                path: path.clone(),
                detail: format!("webhooks: {detail}"),
            });
            (urls, wrong)
        } else {
            let urls: Vec<&str> = self.webhook.iter().map(String::as_str).collect();
            let wrong: Box<dyn Fn(String) -> Failure> =
                Box::new(|detail| Failure::Mistyped(format!("--webhook: {detail}")));
            (urls, wrong)
        };
        if urls.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.webhook_key.as_ref().or(file.key.as_ref());
        let key = key.ok_or_else(|| {
            let detail = "they have to be signed, and there is no key; give one with --webhook-key, with \
                          EXEUNT_WEBHOOK_KEY, or as key below [serve.webhooks] in a config file";
            wrong(detail.to_owned())
        })?;
        let reach = self.webhook_reach.or(file.reach);
        let reach = reach.map_or(WebhookReach::Public, WebhookReach::from);
        let retry = self.retry(file);
        let trust = self.trust(file)?;
        let webhook = |url: &str| {
            let webhook = Webhook::new(url, Secret::new(key), reach)?.retrying(retry)?;
            Ok(match &trust {
                Some(trust) => webhook.trusting(trust),
                None => webhook,
            })
        };
        let webhooks = urls.into_iter().map(webhook);
        let webhooks: Result<Vec<_>, exeunt_room_service::WebhookError> = webhooks.collect();
        webhooks.map_err(|error| wrong(error.to_string()))
    }

    fn retry(&self, file: &WebhooksSection) -> WebhookRetry {
        let default = WebhookRetry::default();
        let pause = either(self.webhook_retry_pause, file.retry_pause_s.as_ref());
        let span = either(self.webhook_retry_for, file.retry_for_s.as_ref());
        WebhookRetry {
            pause: pause.map_or(default.pause, Duration::from_secs),
            span: span.map_or(default.span, Duration::from_secs),
        }
    }

    /// Whom to believe when a receiver says who it is, if not the system's authorities alone.
    fn trust(&self, file: &WebhooksSection) -> Result<Option<Trust>, Failure> {
        let path = self.webhook_authorities.as_deref();
        let path = path.or(file.authorities.as_deref());
        path.map(|path| authorities::read(path, |pem| Trust::system().and(pem)))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> WebhooksSection {
        toml::from_str(text).expect("every key is known")
    }

    fn said(failure: Result<Vec<Webhook>, Failure>) -> (u8, String) {
        let failure = failure.expect_err("it makes no sense");
        (failure.status(), failure.to_string())
    }

    #[test]
    fn what_is_typed_counts_then_the_file_then_trtcs_way() {
        let none = WebhookChoices::default();
        let usual = none.retry(&WebhooksSection::default());
        assert_eq!(usual, WebhookRetry::default());
        let file = file("retry_pause_s = 5\nretry_for_s = 6");
        let seconds = |pause, span| WebhookRetry {
            pause: Duration::from_secs(pause),
            span: Duration::from_secs(span),
        };
        assert_eq!(none.retry(&file), seconds(5, 6));
        let typed = WebhookChoices {
            webhook_retry_pause: Some(7),
            webhook_retry_for: Some(0),
            ..none
        };
        assert_eq!(typed.retry(&file), seconds(7, 0));
    }

    #[test]
    fn what_the_file_has_may_be_completed_and_what_is_wrong_names_where_it_stands() {
        let path = Some(Path::new("exeunt.toml"));
        let none = WebhookChoices::default();
        assert!(none.webhooks(&file(""), None).expect("nothing").is_empty());
        let keyless = file("urls = ['http://127.0.0.1:9']\nreach = 'private'");
        let (status, words) = said(none.webhooks(&keyless, path));
        assert_eq!(status, 1);
        assert!(
            words.contains("exeunt.toml") && words.contains("--webhook-key"),
            "{words}"
        );
        let keyed = WebhookChoices {
            webhook_key: Some("k".to_owned()),
            ..WebhookChoices::default()
        };
        let made = keyed.webhooks(&keyless, path).expect("now there is a key");
        assert_eq!(made.len(), 1);
        let public = WebhookChoices {
            webhook_reach: Some(ReachName::Public),
            ..keyed
        };
        let (_, words) = said(public.webhooks(&keyless, path));
        assert!(words.contains("127.0.0.1"), "{words}");
        let typed = WebhookChoices {
            webhook: vec!["ftp://x".to_owned()],
            ..public
        };
        let (status, words) = said(typed.webhooks(&keyless, path));
        assert_eq!(status, 2);
        assert!(words.contains("--webhook: \"ftp://x\""), "{words}");
    }
}
