use super::{ConfigFile, Limits};

fn refused(text: &str, said: &[&str]) {
    let Err(error) = ConfigFile::parse(text) else {
        panic!("{text} is taken")
    };
    for words in said {
        assert!(error.contains(words), "{text:?}: {error}");
    }
}

#[test]
fn what_is_printed_as_the_default_is_the_default() {
    let text = ConfigFile::default_text();
    let file = ConfigFile::parse(&text).expect("it can be read");
    let mut limits = Limits {
        rooms: 1,
        ..Limits::default()
    };
    for bound in &file.serve.bounds {
        bound.set(&mut limits);
    }
    assert_eq!(limits, Limits::default());
    assert!(file.user_sig_key.is_none() && file.secret_key.is_none());
    // What is commented out is right as well.
    let all = uncommented(&text);
    let file = ConfigFile::parse(&all).expect("it can be read");
    assert!(file.operator_token.is_some() && file.serve.tls_key.is_some());
}

fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => format!("{key}\n"),
        Some(_) | None => format!("{line}\n"),
    });
    lines.collect()
}

/// The words between backticks after `expected`, where the reader says which keys there are.
fn known_keys(section: &str) -> Vec<String> {
    let text = format!("{section}\nno_such_key = 1");
    let Err(error) = ConfigFile::parse(&text) else {
        panic!("{text} is taken")
    };
    let (_, known) = error
        .split_once("expected ")
        .expect("it says what is known");
    let words = known.split('`').skip(1).step_by(2);
    words.map(ToOwned::to_owned).collect()
}

#[test]
fn every_key_that_is_known_is_printed_explained_and_can_be_read_back() {
    let text = ConfigFile::default_text();
    let all: toml::Table = uncommented(&text).parse().expect("TOML");
    for section in ["", "serve", "serve.rooms", "serve.webhooks", "serve.janus"] {
        let header = match section {
            "" => String::new(),
            name => format!("[{name}]"),
        };
        let steps = section.split('.').filter(|step| !step.is_empty());
        let printed = steps.fold(&all, |table, step| {
            table[step].as_table().expect("a section")
        });
        for key in known_keys(&header) {
            assert!(printed.contains_key(&key), "{key} is not in [{section}]");
        }
    }
    // Every key stands below a comment of its own.
    let lines: Vec<&str> = text.lines().collect();
    for (above, line) in lines.iter().zip(lines.iter().skip(1)) {
        let key = line.strip_prefix('#').unwrap_or(line);
        let is_key = !key.starts_with(' ') && key.contains(" = ");
        assert!(
            !is_key || above.starts_with("# "),
            "{line} is not explained"
        );
    }
}

#[test]
fn what_makes_no_sense_is_said_with_its_line_and_what_is_allowed() {
    refused("\nservce = 'x'", &["line 2", "servce", "`service`"]);
    refused("[serve]\nlistn = ''", &["line 2", "listn", "`listen`"]);
    refused("[serve]\nlisten = 'here'", &["line 2", "socket address"]);
    refused("[serve]\nlog = 'xml'", &["line 2", "xml", "`json`"]);
    refused("[serve]\nlease_ms = 1", &["line 2", "200 to 600000"]);
    let limit = "[serve.limits]\n\nmembers_per_room = 0";
    refused(limit, &["line 3", "members_per_room = 0", "1 to "]);
    let limit = "[serve.limits]\nmembers = 3";
    refused(limit, &["line 2", "members", "members_per_room"]);
    refused("[serve.webhooks]\nurl = ''", &["line 2", "url", "`urls`"]);
    refused(
        "[serve.webhooks]\nurls = ['x']",
        &["line 2", "https://HOST"],
    );
    refused(
        "[serve.webhooks]\nretry_pause_s = 0",
        &["line 2", "1 to 3600"],
    );
    refused(
        "[serve.webhooks]\nretry_for_s = 86401",
        &["line 2", "0 to 86400"],
    );
    refused(
        "[serve.webhooks]\nreach = 'all'",
        &["line 2", "all", "`anywhere`"],
    );
    refused(
        "[serve.rooms]\nscene = 'film'",
        &["line 2", "film", "`live`"],
    );
    refused("[serve.rooms]\ngrace = 1", &["line 2", "`empty_room_s`"]);
    refused("[serve.rooms]\nlongest_stay_s = 0", &["line 2", "1 to "]);
    refused(
        "[serve.rooms]\nallowed_origins = [\n'https://a',\n'https://b/c']",
        &["line 4", "https://b/c", "https://HOST"],
    );
    refused("sdk_app_id = 'many'", &["line 1", "many", "u32"]);
    refused("nonsense", &["line 1"]);
}

#[test]
fn a_key_that_is_no_text_is_not_repeated() {
    for wrong in ["424242", "4242.42", "['4242']", "'424242", "4242 42"] {
        for name in ["user_sig_key", "secret_key", "operator_token"] {
            let text = format!("{name} = {wrong}");
            let Err(error) = ConfigFile::parse(&text) else {
                panic!("{text} is taken")
            };
            assert!(error.contains("line 1"), "{error}");
            assert!(!error.contains("42"), "{error}");
        }
        let text = format!("[serve.webhooks]\nkey = {wrong}");
        let Err(error) = ConfigFile::parse(&text) else {
            panic!("{text} is taken")
        };
        assert!(error.contains("line 2") && !error.contains("42"), "{error}");
    }
}
