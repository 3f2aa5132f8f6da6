// Solves a river of no-limit hold'em, all hands against all, with an outside solver; prints what it did as JSON.
// Arguments: flop, turn, river, iterations.
use postflop_solver::*;
use std::fs::read_to_string;

fn main() {
    let board: Vec<String> = std::env::args().skip(1).collect();
    let iterations: u32 = board[3].parse().unwrap();
    let cards = CardConfig {
        range: [Range::ones(), Range::ones()],
        flop: flop_from_str(&board[0]).unwrap(),
        turn: card_from_str(&board[1]).unwrap(),
        river: card_from_str(&board[2]).unwrap(),
    };
    let sizes = BetSizeOptions::try_from(("50%, 100%", "50%, 100%")).unwrap();
    let config = TreeConfig {
        initial_state: BoardState::River,
        starting_pot: 100,
        effective_stack: 300,
        river_bet_sizes: [sizes.clone(), sizes.clone()],
        ..Default::default()
    };
    let mut game = PostFlopGame::with_config(cards, ActionTree::new(config).unwrap()).unwrap();
    game.allocate_memory(false);
    let combos = (game.private_cards(0).len() + game.private_cards(1).len()) as f64 / 2.0;
    let nodes = count(&mut game);
    let started = cpu_seconds();
    for iteration in 0..iterations {
        solve_step(&game, iteration);
    }
    let seconds = cpu_seconds() - started;
    finalize(&mut game);
    let left = compute_exploitability(&game);
    println!("{{\"combos\":{combos},\"nodes\":{nodes},\"iterations\":{iterations},\"seconds\":{seconds},\"exploitability\":{left}}}");
}

/// Seconds that this thread has been on a core (Linux).
fn cpu_seconds() -> f64 {
    let stat = read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// All nodes of the betting tree, ends included.
fn count(game: &mut PostFlopGame) -> usize {
    let mut paths = vec![vec![]];
    let mut nodes = 0;
    while let Some(path) = paths.pop() {
        nodes += 1;
        game.apply_history(&path);
        if game.is_terminal_node() {
            continue;
        }
        for action in 0..game.available_actions().len() {
            paths.push(path.iter().copied().chain([action]).collect());
        }
    }
    game.back_to_root();
    nodes
}
