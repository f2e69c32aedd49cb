import { defineErrors } from '@ninefold/base';

/** Reasons to refuse an ELF file; messages are those of Agave, which reach clients in logs. */
const ELF_ERRORS = {
  SVM_ELF_FILE_HEADER: (): string => 'Failed to parse ELF file: invalid file header',
  SVM_ELF_SECTION_HEADER: (): string => 'Failed to parse ELF file: invalid section header',
  SVM_ELF_SIZE: (): string => 'Failed to parse ELF file: invalid size',
  SVM_ELF_OVERLAP: (): string => 'Failed to parse ELF file: values overlap',
  SVM_ELF_SECTION_ORDER: (): string => 'Failed to parse ELF file: sections not in ascending order',
  SVM_ELF_NO_SECTION_NAMES: (): string => 'Failed to parse ELF file: no section name string table found',
  SVM_ELF_DYNAMIC_TABLE: (): string => 'Failed to parse ELF file: invalid dynamic section table',
  SVM_ELF_ALIGNMENT: (): string => 'Failed to parse ELF file: invalid alignment',
  SVM_ELF_NO_DYNAMIC_STRINGS: (): string => 'Failed to parse ELF file: no dynamic string table',
  SVM_ELF_NAME_TOO_LONG: (c: { readonly name: string; readonly limit: number }): string =>
    `Failed to parse ELF file: Section or symbol name \`${c.name}\` is longer than \`${c.limit}\` bytes`,
  SVM_ELF_PROGRAM_HEADER: (): string => 'Invalid ELF program header',
  SVM_ELF_OUT_OF_BOUNDS: (): string => 'Offset or value is out of bounds',
  SVM_ELF_VERSION: (): string => 'Detected sbpf_version required by the executable which are not enabled',
  SVM_ELF_ABI: (): string => 'Incompatible ELF: wrong ABI',
  SVM_ELF_MACHINE: (): string => 'Incompatible ELF: wrong machine',
  SVM_ELF_TYPE: (): string => 'Incompatible ELF: wrong type',
  SVM_ELF_TEXT_SECTIONS: (): string =>
    'Multiple or no text sections, consider removing llc option: -function-sections',
  SVM_ELF_WRITABLE_SECTION: (c: { readonly name: string }): string =>
    `Found writable section (${c.name}) in ELF, read-write data not supported`,
  SVM_ELF_ENTRYPOINT_OUT_OF_BOUNDS: (): string => 'Entrypoint out of bounds',
  SVM_ELF_ENTRYPOINT: (): string => 'Invalid entrypoint',
  SVM_ELF_RELATIVE_JUMP: (c: { readonly pc: number }): string =>
    `Relative jump out of bounds at instruction #${c.pc}`,
  SVM_ELF_HASH_COLLISION: (c: { readonly key: number }): string =>
    `Symbol hash collision 0x${c.key.toString(16)}`,
  SVM_ELF_UNKNOWN_SYMBOL: (c: { readonly index: number }): string => `Unknown symbol with index ${c.index}`,
  SVM_ELF_UNRESOLVED_SYMBOL: (c: {
    readonly name: string;
    readonly pc: number;
    readonly offset: bigint;
  }): string =>
    `Unresolved symbol (${c.name}) at instruction #${c.pc} (ELF file offset 0x${c.offset.toString(16)})`,
  SVM_ELF_VIRTUAL_ADDRESS: (c: { readonly address: bigint }): string =>
    `Relocation failed, invalid referenced virtual address 0x${c.address.toString(16)}`,
  SVM_ELF_UNKNOWN_RELOCATION: (c: { readonly type: number }): string =>
    `Relocation failed, unknown type ${c.type}`,
};

export const elfError: ReturnType<typeof defineErrors<typeof ELF_ERRORS>> = defineErrors(ELF_ERRORS);
