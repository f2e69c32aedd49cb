import { type Bytes, bytesToHex, isNinefoldError } from '@ninefold/base';
import { musig } from '@ninefold/crypto';
import type { FolderResult } from '../suite.ts';
import { CaseCounter, fromHex, readJson } from './vectors.ts';

type Case = {
  readonly key_indices: readonly number[];
  readonly nonce_indices: readonly number[];
  readonly pnonce_indices: readonly number[];
  readonly psig_indices: readonly number[];
  readonly tweak_indices: readonly number[];
  readonly is_xonly: readonly boolean[];
  readonly tweaks: readonly string[];
  readonly aggnonce: string;
  readonly aggnonce_index: number;
  readonly aggothernonce: string;
  readonly msg_index: number;
  readonly secnonce_index: number;
  readonly signer_index: number;
  readonly sig: string;
  readonly rand: string | null;
  readonly rand_: string;
  readonly sk: string | null;
  readonly pk: string;
  readonly aggpk: string | null;
  readonly msg: string | null;
  readonly extra_in: string | null;
  readonly expected: string | readonly string[];
  readonly expected_secnonce: string;
  readonly expected_pubnonce: string;
  readonly error: {
    readonly type: 'invalid_contribution' | 'value';
    readonly signer?: number | null;
    readonly contrib?: string;
    readonly message?: string;
  };
};

type Group = {
  readonly [name: string]: unknown;
  readonly pubkeys: readonly string[];
  readonly sorted_pubkeys: readonly string[];
  readonly pnonces: readonly string[];
  readonly aggnonce: string;
  readonly aggnonces: readonly string[];
  readonly secnonce: string;
  readonly secnonces: readonly string[];
  readonly psigs: readonly string[];
  readonly tweaks: readonly string[];
  readonly sk: string;
  readonly msg: string;
  readonly msgs: readonly string[];
};

const hex = (bytes: Bytes): string => bytesToHex(bytes).slice(2).toUpperCase();
const optional = (text: string | null): Bytes | undefined => (text === null ? undefined : fromHex(text));

/** Codes of what the BIP's reference calls a ValueError. */
const VALUE_ERRORS: Readonly<Record<string, string>> = {
  'The tweak must be less than n.': 'MUSIG_TWEAK_RANGE',
  'The result of tweaking cannot be infinity.': 'MUSIG_INFINITY',
  "The signer's pubkey must be included in the list of pubkeys.": 'MUSIG_NOT_A_SIGNER',
  'first secnonce value is out of range.': 'MUSIG_NONCE_USED',
};

function refused(action: () => unknown, { error }: Case): string | undefined {
  try {
    action();
  } catch (thrown) {
    if (!isNinefoldError(thrown)) throw thrown;
    if (error.type === 'value') {
      const code = VALUE_ERRORS[error.message ?? ''];
      return thrown.code === code ? undefined : `got ${thrown.code}, expected ${code}`;
    }
    const context = thrown.context as { readonly signer?: number; readonly contribution?: string };
    const same =
      thrown.code === 'MUSIG_INVALID_CONTRIBUTION' &&
      (context.signer ?? null) === (error.signer ?? null) &&
      context.contribution === error.contrib;
    return same ? undefined : `got ${thrown.message}, expected ${JSON.stringify(error)}`;
  }
  return 'is accepted';
}

/** BIP 327: keys, nonces, tweaks, partial and whole signatures, and what has to be refused. */
export function runBip327(folder: string): FolderResult {
  const cases = new CaseCounter('bitcoin/bip327');
  const groups = readJson<Readonly<Record<string, Group>>>(folder, 'bip327-musig2.json.gz');
  const group = (name: string): Group => groups[name] as Group;
  const list = (name: string, key: string): readonly Case[] => (group(name)[key] ?? []) as readonly Case[];
  const pick = (values: readonly string[], indices: readonly number[] = []): Bytes[] =>
    indices.map((i) => fromHex(values[i] as string));
  const keyOf = (
    from: Group,
    one: Case,
    tweaks = pick(from.tweaks ?? [], one.tweak_indices),
  ): musig.MusigKey =>
    tweaks.reduce(
      (key, tweak, i) => musig.tweakKey(key, { tweak, xOnly: one.is_xonly[i] === true }),
      musig.aggregateKeys(pick(from.pubkeys, one.key_indices)),
    );
  const text = ({ expected }: Case): string => String(expected);

  const sort = group('key_sort');
  cases.equal(
    'key_sort',
    () => musig.sortKeys(sort.pubkeys.map(fromHex)).map(hex).join(),
    sort.sorted_pubkeys.join(),
  );
  const agg = group('key_agg');
  list('key_agg', 'valid_test_cases').forEach((one, i) => {
    cases.equal(
      `key_agg ${i}`,
      () => hex(musig.xOnlyKey(musig.aggregateKeys(pick(agg.pubkeys, one.key_indices)))),
      text(one),
    );
  });
  list('key_agg', 'error_test_cases').forEach((one, i) => {
    cases.check(`key_agg error ${i}`, () => refused(() => keyOf(agg, one), one));
  });
  const nonces = group('nonce_agg');
  list('nonce_agg', 'valid_test_cases').forEach((one, i) => {
    cases.equal(
      `nonce_agg ${i}`,
      () => hex(musig.aggregateNonces(pick(nonces.pnonces, one.pnonce_indices))),
      text(one),
    );
  });
  list('nonce_agg', 'error_test_cases').forEach((one, i) => {
    cases.check(`nonce_agg error ${i}`, () =>
      refused(() => musig.aggregateNonces(pick(nonces.pnonces, one.pnonce_indices)), one),
    );
  });
  list('nonce_gen', 'test_cases').forEach((one, i) => {
    cases.equal(
      `nonce_gen ${i}`,
      () => {
        const nonce = musig.generateNonce({
          random: fromHex(one.rand_),
          privateKey: optional(one.sk),
          publicKey: fromHex(one.pk),
          aggregateKey: optional(one.aggpk),
          message: optional(one.msg),
          extra: optional(one.extra_in),
        });
        return `${hex(nonce.secretNonce)} ${hex(nonce.publicNonce)}`;
      },
      `${one.expected_secnonce} ${one.expected_pubnonce}`,
    );
  });

  const signing = group('sign_verify');
  const sessionOf = (one: Case): musig.MusigSession =>
    musig.createSession(
      one.aggnonce_index === undefined
        ? musig.aggregateNonces(pick(signing.pnonces, one.nonce_indices))
        : fromHex(signing.aggnonces[one.aggnonce_index] as string),
      keyOf(signing, one),
      fromHex(signing.msgs[one.msg_index] as string),
    );
  const sign = (one: Case): Bytes =>
    musig.signPartial(
      sessionOf(one),
      fromHex(signing.secnonces[one.secnonce_index ?? 0] as string),
      fromHex(signing.sk),
    );
  const verify = (one: Case, partial: Bytes): boolean =>
    musig.verifyPartial(
      sessionOf(one),
      partial,
      fromHex(signing.pnonces[one.nonce_indices[one.signer_index] as number] as string),
      one.signer_index,
    );
  list('sign_verify', 'valid_test_cases').forEach((one, i) => {
    cases.equal(`sign ${i}`, () => hex(sign(one)), text(one));
    cases.equal(`verify ${i}`, () => String(verify(one, fromHex(text(one)))), 'true');
  });
  list('sign_verify', 'sign_error_test_cases').forEach((one, i) => {
    cases.check(`sign error ${i}`, () => refused(() => sign(one), one));
  });
  list('sign_verify', 'verify_fail_test_cases').forEach((one, i) => {
    cases.equal(`verify fail ${i}`, () => String(verify(one, fromHex(one.sig))), 'false');
  });
  list('sign_verify', 'verify_error_test_cases').forEach((one, i) => {
    cases.check(`verify error ${i}`, () => refused(() => verify(one, fromHex(one.sig)), one));
  });

  const tweak = group('tweak');
  const signTweaked = (one: Case): Bytes =>
    musig.signPartial(
      musig.createSession(fromHex(tweak.aggnonce), keyOf(tweak, one), fromHex(tweak.msg)),
      fromHex(tweak.secnonce),
      fromHex(tweak.sk),
    );
  list('tweak', 'valid_test_cases').forEach((one, i) => {
    cases.equal(`tweak ${i}`, () => hex(signTweaked(one)), text(one));
  });
  list('tweak', 'error_test_cases').forEach((one, i) => {
    cases.check(`tweak error ${i}`, () => refused(() => signTweaked(one), one));
  });

  const whole = group('sig_agg');
  const aggregate = (one: Case): Bytes =>
    musig.aggregatePartials(
      musig.createSession(fromHex(one.aggnonce), keyOf(whole, one), fromHex(whole.msg)),
      pick(whole.psigs, one.psig_indices),
    );
  list('sig_agg', 'valid_test_cases').forEach((one, i) => {
    cases.equal(`sig_agg ${i}`, () => hex(aggregate(one)), text(one));
  });
  list('sig_agg', 'error_test_cases').forEach((one, i) => {
    cases.check(`sig_agg error ${i}`, () => refused(() => aggregate(one), one));
  });

  const last = group('det_sign');
  const signLast = (one: Case): string => {
    const { publicNonce, partial } = musig.signDeterministically({
      privateKey: fromHex(last.sk),
      otherNonces: fromHex(one.aggothernonce),
      key: keyOf(last, one, one.tweaks.map(fromHex)),
      message: fromHex(last.msgs[one.msg_index] as string),
      random: optional(one.rand),
    });
    return [publicNonce, partial].map(hex).join();
  };
  list('det_sign', 'valid_test_cases').forEach((one, i) => {
    cases.equal(`det_sign ${i}`, () => signLast(one), text(one));
  });
  list('det_sign', 'error_test_cases').forEach((one, i) => {
    cases.check(`det_sign error ${i}`, () => refused(() => signLast(one), one));
  });
  return cases.result();
}
