// The npm package carries no types; this is the part used here.
declare module 'solc' {
  const solc: { readonly compile: (standardJsonInput: string) => string };
  export default solc;
}
