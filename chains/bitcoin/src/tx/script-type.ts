import type { Bytes } from '@ninefold/base';
import {
  decodeScript,
  decodeScriptNumber,
  isMinimalPush,
  isPayToAnchor,
  isPayToScriptHash,
  isPushOnly,
  OP,
  witnessProgramOf,
} from '@ninefold/vm-bitcoin-script';

/** The forms of outputs, by the names of Bitcoin Core's JSON-RPC. */
export type ScriptType =
  | 'nonstandard'
  | 'anchor'
  | 'pubkey'
  | 'pubkeyhash'
  | 'scripthash'
  | 'multisig'
  | 'nulldata'
  | 'witness_v0_scripthash'
  | 'witness_v0_keyhash'
  | 'witness_v1_taproot'
  | 'witness_unknown';

export type ClassifiedScript = {
  readonly type: ScriptType;
  /** Keys, hashes or the program in the script, in order; of a multisig the keys. */
  readonly parts: readonly Bytes[];
  /** Signatures a multisig needs. */
  readonly required: number;
};

const MAX_MULTISIG_KEYS = 20;

const of = (type: ScriptType, parts: readonly Bytes[] = [], required = 0): ClassifiedScript => ({
  type,
  parts,
  required,
});

/** Whether the bytes have the form of a key: they need not be a point. */
export function isKeyForm(key: Bytes): boolean {
  const [first] = key;
  if (key.length === 33) return first === 2 || first === 3;
  return key.length === 65 && (first === 4 || first === 6 || first === 7);
}

/** Which of the standard forms an output's script has. */
export function classifyScript(script: Bytes): ClassifiedScript {
  if (isPayToScriptHash(script)) return of('scripthash', [script.subarray(2, 22)]);
  const witness = witnessProgramOf(script);
  if (witness !== undefined) {
    const { version, program } = witness;
    if (version === 0 && program.length === 20) return of('witness_v0_keyhash', [program]);
    if (version === 0 && program.length === 32) return of('witness_v0_scripthash', [program]);
    if (version === 1 && program.length === 32) return of('witness_v1_taproot', [program]);
    if (isPayToAnchor(witness)) return of('anchor', [program]);
    return version === 0 ? of('nonstandard') : of('witness_unknown', [program]);
  }
  // Whatever else may follow, what is not executed is only data.
  if (script[0] === OP.OP_RETURN && isPushOnly(script.subarray(1))) return of('nulldata');
  return classifyKeys(script);
}

function classifyKeys(script: Bytes): ClassifiedScript {
  const size = script.length;
  const keySize = script[0] as number;
  if ((keySize === 33 || keySize === 65) && size === keySize + 2 && script[size - 1] === OP.OP_CHECKSIG) {
    const key = script.subarray(1, size - 1);
    if (isKeyForm(key)) return of('pubkey', [key]);
  }
  const isKeyHash =
    size === 25 &&
    script[0] === OP.OP_DUP &&
    script[1] === OP.OP_HASH160 &&
    script[2] === 20 &&
    script[23] === OP.OP_EQUALVERIFY &&
    script[24] === OP.OP_CHECKSIG;
  if (isKeyHash) return of('pubkeyhash', [script.subarray(3, 23)]);
  return classifyMultisig(script) ?? of('nonstandard');
}

function classifyMultisig(script: Bytes): ClassifiedScript | undefined {
  if (script[script.length - 1] !== OP.OP_CHECKMULTISIG) return undefined;
  const { instructions, cutOff } = decodeScript(script);
  if (cutOff !== undefined || instructions.length < 4) return undefined;
  const numberAt = (i: number): number => {
    const { opcode, data } = instructions[i] as (typeof instructions)[0];
    if (opcode >= OP.OP_1 && opcode <= OP.OP_16) return opcode - OP.OP_1 + 1;
    if (data === undefined || !isMinimalPush(data, opcode)) return Number.NaN;
    return decodeScriptNumber(data, 4, true);
  };
  const required = numberAt(0);
  const count = numberAt(instructions.length - 2);
  const keys = instructions.slice(1, -2).map(({ data }) => data);
  const fits = required >= 1 && count >= required && count <= MAX_MULTISIG_KEYS && keys.length === count;
  if (!fits || !keys.every((key): key is Bytes => key !== undefined && isKeyForm(key))) return undefined;
  return of('multisig', keys, required);
}
