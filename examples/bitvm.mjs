// BitVM: SHA-256 cut into chunks. The operator signs every value between them; a wrong one lets anybody
// take its stake with the leaf of the chunk that does not fit.
import {
  assertProgram,
  disproofLeaf,
  disproofWitness,
  faultyChunk,
  padSha256,
  programKeys,
  readAssertion,
  runProgram,
  SHA256_INITIAL_STATE,
  SHA256_PROGRAM,
} from 'ninefold/bitvm';

const seed = new Uint8Array(32).fill(1); // secret, and never used twice
const keys = programKeys(SHA256_PROGRAM, seed);
const block = padSha256(new TextEncoder().encode('abc'));
const right = runProgram(SHA256_PROGRAM, { state: SHA256_INITIAL_STATE, block });
console.log('sha256', Buffer.from(right.result).toString('hex'));

// A lie in the middle, and all that follows from it.
const state2 = right.state2.map((byte, i) => (i === 9 ? byte ^ 4 : byte));
const signed = assertProgram(SHA256_PROGRAM, seed, { ...right, state2 });

// Whoever sees the assertion on the chain finds the lie.
const claimed = readAssertion(SHA256_PROGRAM, keys, signed);
const wrong = faultyChunk(SHA256_PROGRAM, claimed);
console.log('wrong', SHA256_PROGRAM.chunks[wrong].name);
const leaf = disproofLeaf(SHA256_PROGRAM, keys, wrong);
const witness = disproofWitness(SHA256_PROGRAM, wrong, claimed, signed);
console.log('disproof', leaf.length, 'bytes of script,', witness.length, 'items of witness');
