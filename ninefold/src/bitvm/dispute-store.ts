import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Bytes,
  bytesToHex,
  concatBytes,
  defineErrors,
  equalBytes,
  hexToBytes,
  isHex,
} from '@ninefold/base';
import { sha256 } from '@ninefold/crypto';
import { decodeTransaction, encodeTransaction, type Transaction } from '@ninefold/vm-bitcoin-script';
import {
  type Circuit,
  createDispute,
  checkSignatures,
  cutCircuit,
  type Dispute,
  type DisputeLocks,
  LOCK_BYTES,
  parseBristol,
  preSignatures,
  type Role,
} from '@ninefold/vm-bitvm';
import {
  bytesListMember,
  bytesMember,
  objectMember,
  termsFromJson,
  termsToJson,
  wholeMember,
} from './contract-json.ts';

const CONTRACT_SCHEMA = 'ninefold/bitvm-contract/1';
const KEY_FILE = 'key';
const CONTRACT_FILE = 'contract.json';
const CIRCUIT_FILE = 'circuit.txt';
const LOCKS_FILE = 'locks.bin';
const FUNDING_FILE = 'funding.hex';
const CLAIM_FILE = 'claim.txt';
const EVIDENCE_FILE = 'evidence.txt';

const SCHNORR_BYTES = 64;

const fail = defineErrors({
  BITVM_STORE_MISSING: (c: { readonly folder: string; readonly file: string }) =>
    `${c.folder} has no ${c.file}: set the dispute up first, with "ninefold bitvm setup"`,
  BITVM_STORE_CORRUPT: (c: { readonly folder: string; readonly file: string; readonly reason: string }) =>
    `${c.file} in ${c.folder} is damaged: ${c.reason}. Restore it from a copy`,
  BITVM_STORE_UNUSABLE: (c: { readonly folder: string; readonly reason: string }) =>
    `${c.folder} cannot be a party's folder: ${c.reason}`,
  BITVM_STORE_IN_USE: (c: { readonly folder: string }) =>
    `${c.folder} has a contract already: every dispute takes a folder of its own`,
  BITVM_STORE_OTHER_CLAIM: (c: { readonly folder: string }) =>
    `${c.folder} has a claim with another input. Two claims would be an equivocation and lose the deposit`,
});

/** What set-up leaves behind, for either party. */
export type Contract = {
  readonly role: Role;
  readonly dispute: Dispute;
  readonly signatures: readonly Bytes[];
  /** Height of the chain when it was made: nothing before concerns it. */
  readonly height: number;
};

/**
 * A party's folder. A file is written in one step and forced to the disk before anything that depends on
 * it leaves the process; so each may be killed at any time and started again.
 */
export class DisputeStore {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws `BITVM_STORE_UNUSABLE` */
  static async open(folder: string): Promise<DisputeStore> {
    try {
      await mkdir(folder, { recursive: true });
    } catch (cause) {
      throw fail('BITVM_STORE_UNUSABLE', { folder, reason: (cause as Error).message }, { cause });
    }
    return new DisputeStore(folder);
  }

  async #write(file: string, content: string | Bytes): Promise<void> {
    const path = join(this.folder, file);
    const draft = `${path}.${process.pid}.part`;
    const handle = await open(draft, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
    // The name itself is on the disk when the folder is.
    const directory = await open(this.folder, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async #read(file: string): Promise<Bytes | undefined> {
    try {
      return new Uint8Array(await readFile(join(this.folder, file)));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw cause;
    }
  }

  async #require(file: string): Promise<Bytes> {
    const bytes = await this.#read(file);
    if (bytes === undefined) throw fail('BITVM_STORE_MISSING', { folder: this.folder, file });
    return bytes;
  }

  async #text(file: string): Promise<string | undefined> {
    const bytes = await this.#read(file);
    return bytes && Buffer.from(bytes).toString('utf8').trim();
  }

  #corrupt(file: string, reason: string): Error {
    return fail('BITVM_STORE_CORRUPT', { folder: this.folder, file, reason });
  }

  /** The party's private key; made on first use. */
  async key(randomness: () => Bytes): Promise<Bytes> {
    const kept = await this.#text(KEY_FILE);
    if (kept !== undefined) {
      if (!isHex(kept, 32)) throw this.#corrupt(KEY_FILE, 'it is no key of 32 bytes');
      return hexToBytes(kept);
    }
    const key = randomness();
    await this.#write(KEY_FILE, `${bytesToHex(key)}\n`);
    return key;
  }

  /** @throws `BITVM_STORE_IN_USE` when there is a contract */
  async requireUnused(): Promise<void> {
    if ((await this.#read(CONTRACT_FILE)) !== undefined) {
      throw fail('BITVM_STORE_IN_USE', { folder: this.folder });
    }
  }

  /** Keeps all that playing needs. The contract comes last: with it, everything is there. */
  async saveContract({ role, dispute, signatures, height }: Contract, circuitText: string): Promise<void> {
    const { wires, askCut, askBlock, askGate } = dispute.locks;
    const locks = concatBytes(wires, askCut, askBlock, askGate);
    await this.#write(CIRCUIT_FILE, circuitText);
    await this.#write(LOCKS_FILE, locks);
    const json = {
      schema: CONTRACT_SCHEMA,
      role,
      height,
      terms: termsToJson(dispute.terms),
      locks: bytesToHex(sha256(locks)),
      signatures: signatures.map(bytesToHex),
    };
    await this.#write(CONTRACT_FILE, `${JSON.stringify(json, undefined, 2)}\n`);
  }

  /**
   * What set-up has left, checked as if a stranger had sent it.
   *
   * @throws `BITVM_STORE_MISSING`, `BITVM_STORE_CORRUPT`, `CONTRACT_INVALID`, `SIGNING_…`, `TERMS_INVALID`
   */
  async contract(): Promise<Contract> {
    const text = Buffer.from(await this.#require(CONTRACT_FILE)).toString('utf8');
    let json: Readonly<Record<string, unknown>>;
    try {
      json = JSON.parse(text) as Readonly<Record<string, unknown>>;
    } catch (cause) {
      throw this.#corrupt(CONTRACT_FILE, (cause as Error).message);
    }
    const { schema, role } = json;
    if (schema !== CONTRACT_SCHEMA) throw this.#corrupt(CONTRACT_FILE, `its schema is ${String(schema)}`);
    if (role !== 'prover' && role !== 'verifier') throw this.#corrupt(CONTRACT_FILE, 'it has no role');
    const terms = termsFromJson(objectMember(json, 'contract', 'terms'), 'contract.terms');
    const circuit = parseBristol(Buffer.from(await this.#require(CIRCUIT_FILE)).toString('utf8'));
    const bytes = await this.#require(LOCKS_FILE);
    if (!equalBytes(sha256(bytes), bytesMember(json, 'contract', 'locks', 32))) {
      throw this.#corrupt(LOCKS_FILE, 'its hash is not the one in the contract');
    }
    const dispute = createDispute(terms, circuit, splitLocks(bytes, circuit, terms.blockGates));
    const signatures = bytesListMember(json, 'contract', 'signatures', SCHNORR_BYTES);
    checkSignatures(preSignatures(dispute), signatures);
    return { role, dispute, signatures, height: wholeMember(json, 'contract', 'height') };
  }

  async saveFunding(tx: Transaction): Promise<void> {
    await this.#write(FUNDING_FILE, `${bytesToHex(encodeTransaction(tx))}\n`);
  }

  /** The signed funding; undefined when the other party's signatures never came. */
  async funding(): Promise<Transaction | undefined> {
    const text = await this.#text(FUNDING_FILE);
    if (text === undefined) return undefined;
    if (!isHex(text)) throw this.#corrupt(FUNDING_FILE, 'it is no hex');
    return decodeTransaction(hexToBytes(text));
  }

  /**
   * Settles the input of the claim, once and for all.
   *
   * @throws `BITVM_STORE_OTHER_CLAIM`
   */
  async settleClaim(bits: string): Promise<void> {
    const kept = await this.claim();
    if (kept === bits) return;
    if (kept !== undefined) throw fail('BITVM_STORE_OTHER_CLAIM', { folder: this.folder });
    await this.#write(CLAIM_FILE, `${bits}\n`);
  }

  /** The input bits of the claim. */
  async claim(): Promise<string | undefined> {
    const bits = await this.#text(CLAIM_FILE);
    if (bits !== undefined && !/^[01]*$/.test(bits))
      throw this.#corrupt(CLAIM_FILE, 'it has other than 0 and 1');
    return bits;
  }

  /** Adds secrets the prover has shown. */
  async addEvidence(entries: Iterable<readonly [lock: number, secret: Bytes]>): Promise<void> {
    const lines = Array.from(entries, ([lock, secret]) => `${lock} ${bytesToHex(secret)}\n`).join('');
    if (lines === '') return;
    const handle = await open(join(this.folder, EVIDENCE_FILE), 'a', 0o600);
    try {
      // A line that a crash has cut short is ended first.
      const { size } = await handle.stat();
      await handle.appendFile(size > 0 ? `\n${lines}` : lines);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** All secrets kept; what a crash has cut off in the middle is left out, the chain still has it. */
  async evidence(): Promise<readonly (readonly [lock: number, secret: Bytes])[]> {
    const text = (await this.#text(EVIDENCE_FILE)) ?? '';
    return text.split('\n').flatMap((line) => {
      const [lock, secret] = line.split(' ');
      if (!/^\d{1,8}$/.test(lock ?? '') || !isHex(secret, LOCK_BYTES)) return [];
      return [[Number(lock), hexToBytes(secret)] as const];
    });
  }
}

/** The locks of both parties, one list behind the other. */
function splitLocks(bytes: Bytes, circuit: Circuit, blockGates: number): DisputeLocks {
  const { count } = cutCircuit(circuit, blockGates);
  let at = 0;
  const next = (locks: number): Bytes => bytes.slice(at, (at += LOCK_BYTES * locks));
  return {
    wires: next(2 * circuit.wireCount),
    askCut: next(count + 1),
    askBlock: next(count),
    askGate: next(circuit.kinds.length),
  };
}
