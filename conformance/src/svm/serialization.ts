import { bytesToBase64 } from '@ninefold/base';
import {
  type AccountAddresses,
  type InputLayout,
  type InstructionInput,
  serializeInput,
  type SerializedInput,
} from '@ninefold/vm-svm';
import type { FolderResult } from '../suite.ts';
import { createCounter, differs, fromBase64, readJson, type VectorFiles } from './read.ts';

type Case = {
  readonly name: string;
  readonly input: {
    readonly accounts: readonly {
      readonly pubkey: string;
      readonly lamports: number;
      readonly data: string;
      readonly owner: string;
      readonly executable: boolean;
      readonly rent_epoch: number;
    }[];
    readonly instruction_accounts: readonly {
      readonly index_in_transaction: number;
      readonly is_signer: boolean;
      readonly is_writable: boolean;
    }[];
    readonly instruction_data: string;
    readonly program_id: string;
    readonly virtual_address_space_adjustments: boolean;
    readonly account_data_direct_mapping: boolean;
    readonly direct_account_pointers_in_program_input: boolean;
    readonly mask_out_rent_epoch_in_vm_serialization: boolean;
    readonly is_deprecated_loader: boolean;
  };
  readonly output: {
    readonly buffer: string;
    readonly regions: readonly {
      readonly vm_addr: number;
      readonly is_writable: boolean;
      readonly data: string;
    }[];
    readonly accounts_metadata: readonly Readonly<Record<string, number>>[];
    readonly instruction_data_offset: number;
  };
};

function serialize({ input }: Case): SerializedInput {
  const layout: InputLayout = {
    isUnaligned: input.is_deprecated_loader,
    splitsRegions: input.virtual_address_space_adjustments,
    mapsData: input.account_data_direct_mapping,
    hasPointers: input.direct_account_pointers_in_program_input,
    masksRentEpoch: input.mask_out_rent_epoch_in_vm_serialization,
  };
  const first = new Map<number, number>();
  const accounts = input.instruction_accounts.map((meta, position): InstructionInput => {
    const seen = first.get(meta.index_in_transaction);
    if (seen !== undefined) return { duplicateOf: seen };
    first.set(meta.index_in_transaction, position);
    const account = input.accounts[meta.index_in_transaction] as Case['input']['accounts'][number];
    return {
      key: fromBase64(account.pubkey),
      lamports: BigInt(account.lamports),
      data: fromBase64(account.data),
      owner: fromBase64(account.owner),
      isExecutable: account.executable,
      rentEpoch: BigInt(account.rent_epoch),
      isSigner: meta.is_signer,
      isWritable: meta.is_writable,
      isDataChangeable: meta.is_writable && account.owner === input.program_id,
    };
  });
  return serializeInput(accounts, fromBase64(input.instruction_data), fromBase64(input.program_id), layout);
}

function addressesOf(got: AccountAddresses): Readonly<Record<string, number>> {
  return {
    original_data_len: got.originalLength,
    vm_addr: Number(got.account),
    vm_key_addr: Number(got.key),
    vm_lamports_addr: Number(got.lamports),
    vm_owner_addr: Number(got.owner),
    vm_data_addr: Number(got.data),
  };
}

/** Program inputs in all layouts. */
export function runSerialization(vectors: VectorFiles): FolderResult {
  const counter = createCounter('svm/serialization');
  for (const test of readJson<readonly Case[]>(vectors, 'sbpf/loader-serialization.json.gz')) {
    counter.check(test.name, () => {
      const got = serialize(test);
      const { output } = test;
      const regions = got.regions.map(({ address, bytes, isWritable }) => ({
        vm_addr: Number(address),
        is_writable: isWritable,
        data: bytesToBase64(bytes),
      }));
      return (
        differs('buffer', bytesToBase64(got.buffer), output.buffer) ??
        differs('regions', JSON.stringify(regions), JSON.stringify(output.regions)) ??
        differs(
          'addresses',
          JSON.stringify(got.accounts.map(addressesOf)),
          JSON.stringify(output.accounts_metadata),
        ) ??
        differs('instruction data', Number(got.instructionData), output.instruction_data_offset)
      );
    });
  }
  return counter.result();
}
