import { parseSpotInput } from "./parse-input.js";
import { type SpotServices, simulateSpot } from "./simulate-spot.js";

/** Two boards and two players: what most jobs ask, with an exact answer in some ten milliseconds. */
const SPOT = {
  players: [{ cards: "AsKsQhJh" }, { cards: "8c8d7c6d" }],
  top_board: "9c8h2s",
  bottom_board: "AdTd3c",
};

/** Every thread compiles for itself, and V8 compiles well what has run several times: the fifth answer takes a tenth of the first. */
const ROUNDS = 6;

/**
 * Answers a spot that nobody asked for, while there is nothing else to do: then threads are started, tables built and code is
 * compiled when the first job comes.
 */
export async function warmUp(services: Omit<SpotServices, "report">): Promise<void> {
  for (let round = 0; round < ROUNDS; round++)
    await simulateSpot(parseSpotInput(SPOT), { ...services, report: () => undefined });
}
