/** The part of the npm package phe that benchmarks use: it brings no types. */
declare module "phe" {
  const phe: { readonly evaluateCardCodes: (codes: readonly number[]) => number };
  export = phe;
}
