//! The page lists every case that there is.

use exeunt_conformance::{Description, device_cases, transport_cases};

#[test]
fn the_page_lists_the_cases_for_transports() {
    lists(&transport_cases());
}

#[test]
fn the_page_lists_the_cases_for_devices() {
    lists(&device_cases());
}

#[test]
fn the_page_says_how_many_cases_need_nothing() {
    let cases = transport_cases();
    let always = cases.iter().filter(|case| case.needs.is_empty()).count();
    let said = format!("with `transport` alone {always} are run");
    let page = include_str!("../README.md");
    assert!(page.contains(&said), "README.md is to say: {said}");
}

fn lists(cases: &[Description]) {
    let page = include_str!("../README.md");
    let rows = cases.iter().map(|case| {
        let Description {
            name,
            guarantees,
            needs,
        } = case;
        let needs = needs.split(", ").filter(|need| !need.is_empty());
        let needs: Vec<_> = needs.map(|need| format!("`{need}`")).collect();
        format!("| {name} | {guarantees} | {} |\n", needs.join(", "))
    });
    let rows: String = rows.collect();
    let table = format!("| case | guarantees | needs |\n| --- | --- | --- |\n{rows}");
    assert!(page.contains(&table), "README.md is to list\n\n{table}");
}
