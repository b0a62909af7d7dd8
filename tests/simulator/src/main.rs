//! Plays seeded worlds and shows what went wrong in them.

use std::process::ExitCode;

use clap::Parser;
use exeunt_simulator::{Hunt, Sabotage, hunt, run};
use indicatif::{ProgressBar, ProgressStyle};

/// Plays seeded worlds: real clients, a real room service, virtual time, a network that fails.
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Arguments {
    /// How many seeds to play.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plays this one alone and shows its transcript. With `RUST_LOG` set, the log goes to stderr.
    #[arg(long)]
    seed: Option<u64>,
    /// Plays every seed twice and compares the transcripts.
    #[arg(long)]
    twice: bool,
    /// Makes something wrong on purpose, to see how that is found.
    #[arg(long)]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let failed = match arguments.seed {
        Some(seed) => !one(seed, arguments.sabotage),
        None => !many(&arguments),
    };
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn one(seed: u64, sabotage: Option<Sabotage>) -> bool {
    let filter = tracing_subscriber::EnvFilter::from_default_env();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .without_time()
        .init();
    let run = run(seed, sabotage);
    println!("{run}");
    run.violations.is_empty()
}

fn many(arguments: &Arguments) -> bool {
    let seeds = arguments.from..arguments.from.saturating_add(arguments.seeds);
    let style = "{elapsed_precise} {bar:30} {pos}/{len} worlds, {per_sec}, {eta} to go  {msg}";
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(arguments.seeds).with_style(style);
    let differing = std::sync::Mutex::new(Vec::new());
    let Hunt {
        runs,
        stays,
        lasted,
        failures,
    } = hunt(seeds, arguments.sabotage, |played| {
        bar.inc(1);
        if !played.violations.is_empty() {
            bar.println(format!("seed {}: {}", played.seed, played.violations[0]));
        }
        if arguments.twice
            && let Some(difference) = difference(
                &played.transcript,
                &run(played.seed, arguments.sabotage).transcript,
            )
        {
            bar.println(format!(
                "seed {} has two transcripts: {difference}",
                played.seed
            ));
            if let Ok(mut differing) = differing.lock() {
                differing.push(played.seed);
            }
        }
    });
    bar.finish_and_clear();
    if let Some(first) = failures.first() {
        println!("{first}");
    }
    println!(
        "{runs} worlds, {stays} stays, {} s of virtual time: {} with something that must not be",
        lasted.as_secs(),
        failures.len()
    );
    for failure in &failures {
        println!("  seed {}: {}", failure.seed, failure.violations[0]);
    }
    let differing = differing.into_inner().unwrap_or_default();
    if !differing.is_empty() {
        println!("not the same twice: {differing:?}");
    }
    failures.is_empty() && differing.is_empty()
}

/// The first line in which two transcripts differ.
fn difference(one: &str, other: &str) -> Option<String> {
    let mut lines = one.lines().zip(other.lines());
    let differing = lines.find(|(one, other)| one != other);
    let told = differing.map(|(one, other)| format!("\n  {one}\n  {other}"));
    told.or_else(|| (one != other).then(|| "one is longer".to_owned()))
}
