//! The console, which knows nothing of Janus.

use std::path::Path;

use exeunt_browser::{Browser, BrowserError, Key};
use exeunt_janus_lab::Network;
use exeunt_room_service::DEVELOPMENT_OPERATOR_TOKEN;
use serde_json::json;

use crate::scene::{Scene, is_kicked, room, until};

pub(crate) async fn console(network: Network) -> Result<(), BrowserError> {
    let scene = Scene::new(network).await;
    scene.room(123, None);
    scene.room(124, None);
    let _alice = scene.enter(123, "alice").await;
    let mut bob = scene.enter(123, "bob").await;
    let mut carol = scene.enter_as(json!(123), json!(42), "Carol C.").await;
    until("all are seen", async || {
        scene
            .members(&room("123"))
            .await
            .is_some_and(|all| all.len() == 3)
    })
    .await;

    let mut browser = Browser::start().await?;
    let address = scene.service.local_addr();
    let page = format!("http://{address}/console");
    browser
        .go(&page, "document.activeElement.id === 'token'")
        .await?;
    browser.types(DEVELOPMENT_OPERATOR_TOKEN).await?;
    browser.presses(Key::Enter).await?;
    browser
        .until("document.querySelectorAll('#rooms li').length === 2")
        .await?;
    let row = |user: &str| format!("document.querySelector('[aria-label=\"Kick {user}\"]')");
    for user in ["alice", "bob", "janus-42"] {
        browser.until(&format!("{} !== null", row(user))).await?;
    }
    // He leaves by himself, which Janus does not say.
    carol.says(json!({"request": "leave"})).await.unwrap();
    let says =
        |words: &str| format!("document.querySelector('#events').innerText.includes('{words}')");
    browser
        .until(&says("janus-42 leaves 123: why is not known here"))
        .await?;
    browser.says(&format!("{}.click()", row("bob"))).await?;
    browser.until("document.querySelector('#ask').open").await?;
    browser
        .says("document.querySelector('#yes').click()")
        .await?;
    is_kicked(&mut bob).await;
    browser.until(&says("bob leaves 123: kicked")).await?;
    browser
        .says("document.querySelector('.departure details').open = true")
        .await?;
    browser
        .until(&says("whether the others were told is not known here"))
        .await?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console");
    for (scheme, name) in [("dark", "janus-dark.png"), ("light", "janus.png")] {
        browser.prefers(scheme).await?;
        browser.picture(&pictures.join(name)).await?;
    }
    // That nobody is logged in at first is all that it has to complain of.
    browser
        .complaints
        .retain(|complaint| !complaint.contains("401"));
    assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
    scene.service.stop().await;
    Ok(())
}
