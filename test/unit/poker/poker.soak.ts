/** With SOAK set, these take the full million random cases a hand size and ten thousand random spots. */
import "./evaluator/omaha.test.js";
import "./equity/monte-carlo.test.js";
