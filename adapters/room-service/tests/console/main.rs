//! The console as an operator uses it: a real browser, a real service, real members.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

mod people;

use std::path::{Path, PathBuf};
use std::time::Duration;

use exeunt_browser::{Browser, BrowserError, Key};
use exeunt_requirements::trial;
use exeunt_room_service::{
    Config, DEVELOPMENT_OPERATOR_TOKEN, Limits, RoomService, RunningService,
};
use libtest_mimic::{Arguments, Failed, run};

use people::Person;

fn main() {
    type Story = fn() -> Result<(), Failed>;
    let stories: [(&str, Story); 4] = [
        (
            "an operator logs in, kicks a member in a live call and sees him go",
            || told(kicks()),
        ),
        (
            "everything can be done with the keyboard, and nothing is done unasked",
            || told(keyboard()),
        ),
        (
            "a room whose name is markup is shown as it is written",
            || told(markup()),
        ),
        ("a thousand members are shown, found and dismissed", || {
            told(thousand())
        }),
    ];
    let trials = stories.map(|(name, story)| trial(name, &["chromium"], story));
    run(&Arguments::from_args(), trials.into()).exit();
}

fn told(story: impl Future<Output = Result<(), BrowserError>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    Ok(runtime.block_on(story)?)
}

/// A service whose members need no heartbeats while a story is told.
async fn service() -> RunningService {
    let config = Config {
        lease: Duration::from_secs(3600),
        limits: Limits {
            members_per_room: 1000,
            ..Limits::default()
        },
        ..Config::development()
    };
    RoomService::bind(config).await.unwrap().spawn()
}

/// The console of this service, with somebody logged in at it.
async fn console(service: &RunningService) -> Result<Browser, BrowserError> {
    let mut browser = Browser::start().await?;
    let address = service.local_addr();
    let door = "!document.querySelector('#door').hidden && document.activeElement.id === 'token'";
    browser
        .go(&format!("http://{address}/console"), door)
        .await?;
    browser.types("no such token").await?;
    browser.presses(Key::Enter).await?;
    browser
        .until("document.querySelector('#refusal').textContent.includes('not the operator token')")
        .await?;
    browser
        .until("document.activeElement.id === 'token'")
        .await?;
    browser.types(DEVELOPMENT_OPERATOR_TOKEN).await?;
    browser.presses(Key::Enter).await?;
    browser
        .until("document.querySelector('#link').textContent === 'Live'")
        .await?;
    // Refusing the wrong token is the only thing the browser has to complain of.
    browser
        .complaints
        .retain(|complaint| !complaint.contains("401"));
    Ok(browser)
}

/// Among the build's files, where a picture of this name is left.
fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("console/{name}.png"))
}

fn row(user: &str) -> String {
    format!("document.querySelector('[aria-label=\"Kick {user}\"]')")
}

async fn kicks() -> Result<(), BrowserError> {
    let service = service().await;
    let mut alice = Person::enter(&service, "standup", "alice").await;
    let mut bob = Person::enter(&service, "standup", "bob").await;
    let _carol = Person::enter(&service, "123", "carol").await;
    let mut browser = console(&service).await?;
    browser
        .until("document.querySelectorAll('#rooms li').length === 2")
        .await?;
    browser
        .says("document.querySelector('[aria-label^=\"Room standup\"]').click()")
        .await?;
    browser.until(&format!("{} !== null", row("bob"))).await?;
    let is_heard = format!("{}.closest('tr').innerText.includes('sound')", row("bob"));
    // He goes on speaking: the page shows for a few seconds only what was sent.
    tokio::select! {
        heard = browser.until(&is_heard) => heard?,
        () = bob.goes_on_speaking() => {}
    }

    browser.says(&format!("{}.click()", row("bob"))).await?;
    browser.until("document.querySelector('#ask').open").await?;
    browser.picture(&picture("question")).await?;
    browser
        .says("document.querySelector('#yes').click()")
        .await?;
    assert_eq!(bob.is_out().await, 4001);
    browser.until(&format!("{} === null", row("bob"))).await?;
    assert_eq!(alice.learns_of_departure().await, ("bob".to_owned(), 2));
    browser.until("document.querySelector('.departure')?.innerText.includes('bob leaves standup: kicked')").await?;
    browser
        .says("document.querySelector('.departure details').open = true")
        .await?;
    browser.until("document.querySelector('.departure dl').innerText.includes('all of the others told (1/1)')").await?;
    for scheme in ["light", "dark"] {
        browser.prefers(scheme).await?;
        browser.is_of_size(1280, 800).await?;
        browser.picture(&picture(scheme)).await?;
        browser.is_of_size(400, 900).await?;
        // Nothing hangs out of a narrow window but what has a bar of its own to be moved by.
        browser
            .until("document.documentElement.scrollWidth <= innerWidth")
            .await?;
        // And what can be done is within it.
        let button = format!(
            "{}.getBoundingClientRect().right <= innerWidth",
            row("alice")
        );
        browser.until(&button).await?;
        browser
            .picture(&picture(&format!("narrow-{scheme}")))
            .await?;
    }
    browser.is_of_size(1280, 800).await?;
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);

    // Whoever logs out sees nothing any more, and neither does a page that is still open.
    browser
        .says("document.querySelector('#logout').click()")
        .await?;
    browser
        .until("document.querySelector('#inside').hidden")
        .await?;
    let status = browser
        .says("fetch('/console/session').then((answer) => answer.status)")
        .await?;
    assert_eq!(status, 401);
    service.stop().await;
    Ok(())
}

async fn keyboard() -> Result<(), BrowserError> {
    let service = service().await;
    let mut alice = Person::enter(&service, "standup", "alice").await;
    let mut browser = console(&service).await?;
    browser.until(&format!("{} !== null", row("alice"))).await?;
    // Whatever the keyboard leads to can be seen to have it.
    let seen = "(() => { const style = getComputedStyle(document.activeElement); \
        return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2 })()";
    for place in [
        "#logout",
        "#rooms button",
        "#filter",
        "#dismiss",
        "#members button",
    ] {
        let there = format!("document.activeElement.matches('{place}')");
        browser.presses_until(Key::Tab, &there).await?;
        assert_eq!(browser.says(seen).await?, true, "{place}");
    }
    browser.picture(&picture("focus")).await?;
    // Escape and Enter on what the question offers first both mean no.
    for answer in [Key::Escape, Key::Enter] {
        browser.says(&format!("{}.focus()", row("alice"))).await?;
        browser.presses(Key::Enter).await?;
        browser.until("document.querySelector('#ask').open").await?;
        assert_eq!(
            browser.says("document.activeElement.textContent").await?,
            "Cancel"
        );
        browser.presses(answer).await?;
        browser
            .until("!document.querySelector('#ask').open")
            .await?;
    }
    // Updates do not take the focus away from who is about to press a key.
    browser.says(&format!("{}.focus()", row("alice"))).await?;
    let _bob = Person::enter(&service, "standup", "bob").await;
    browser.until(&format!("{} !== null", row("bob"))).await?;
    let focused = browser
        .says("document.activeElement.getAttribute('aria-label')")
        .await?;
    assert_eq!(focused, "Kick alice");
    browser.presses(Key::Enter).await?;
    browser.until("document.querySelector('#ask').open").await?;
    browser.presses(Key::Tab).await?;
    browser.presses(Key::Enter).await?;
    assert_eq!(alice.is_out().await, 4001);
    browser.until(&format!("{} === null", row("alice"))).await?;
    service.stop().await;
    browser
        .until("document.querySelector('#link').textContent.includes('trying again')")
        .await
}

async fn markup() -> Result<(), BrowserError> {
    let service = service().await;
    let name = "<img src=x onerror=document.title=1>";
    let _mallory = Person::enter(&service, name, "mallory").await;
    let mut browser = console(&service).await?;
    browser
        .until("document.querySelectorAll('#members tr').length === 1")
        .await?;
    browser
        .until("document.querySelectorAll('#events li').length > 0")
        .await?;
    let title = browser
        .says("document.querySelector('#members-title').textContent")
        .await?;
    assert_eq!(title, format!("Room {name}"));
    let images = browser
        .says("document.querySelectorAll('img').length")
        .await?;
    assert_eq!(images, 0);
    // And if it were markup all the same, the browser would run nothing of it.
    let refused = browser
        .says("(() => { try { document.body.innerHTML = '<b>'; return false } catch { return true } })()")
        .await?;
    assert_eq!(refused, true);
    service.stop().await;
    Ok(())
}

async fn thousand() -> Result<(), BrowserError> {
    let service = service().await;
    let mut people = Vec::new();
    for number in 0..1000 {
        people.push(Person::enter(&service, "123", &format!("member-{number:04}")).await);
    }
    let mut browser = console(&service).await?;
    let shows = |first: &str, count: &str| {
        format!(
            "document.querySelector('#members tr').innerText.startsWith('{first}') \
             && document.querySelectorAll('#members tr').length === {count}"
        )
    };
    browser.until(&shows("member-0000", "200")).await?;
    browser
        .until("document.querySelector('#members-count').textContent === '1000 in it'")
        .await?;
    browser.picture(&picture("thousand")).await?;
    browser
        .says("document.querySelector('#members-later').focus()")
        .await?;
    browser.presses(Key::Enter).await?;
    browser.until(&shows("member-0200", "200")).await?;
    browser
        .until("document.querySelector('#member-page').textContent === '201 to 400 of 1000'")
        .await?;
    browser
        .says("document.querySelector('#filter').focus()")
        .await?;
    // One key after the other, faster than anybody types.
    for key in ["M", "EM", "BER-", "0", "7", "7", "7"] {
        browser.types(key).await?;
    }
    browser
        .until("document.querySelectorAll('#members tr').length === 1")
        .await?;
    browser
        .until("document.querySelector('#members-count').textContent === '1 of 1000'")
        .await?;
    browser
        .says("document.querySelector('#dismiss').click()")
        .await?;
    browser.until("document.querySelector('#ask').open").await?;
    browser
        .says("document.querySelector('#yes').click()")
        .await?;
    for person in &mut people {
        assert_eq!(person.is_out().await, 4002);
    }
    browser
        .until("document.querySelector('#members-title').textContent.includes('is over')")
        .await?;
    // However many go at once, what happened last is seen.
    browser
        .until("document.querySelector('#events li').innerText.includes('room 123 is over')")
        .await?;
    browser.picture(&picture("dismissed")).await?;
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
    service.stop().await;
    Ok(())
}
