/**
 * Version of the solver's answers. It is part of the key under which solutions are stored: raised whenever an equal spot
 * gets another answer, so that no answer of an older solver is served again.
 */
export const SOLVER_VERSION = 21;
