import wabtFactory from 'wabt';

const wabt = await wabtFactory();

/** The text of a module by wabt, with floats in decimal as ours has them. Nothing is validated. */
export function wabtText(bytes: Uint8Array): string {
  const features = {
    threads: true,
    simd: true,
    bulk_memory: true,
    tail_call: true,
    multi_value: true,
    reference_types: true,
    sat_float_to_int: true,
    sign_extension: true,
    mutable_globals: true,
  };
  const module = wabt.readWasm(bytes, { readDebugNames: false, ...features });
  try {
    return decimalFloats(module.toText({ foldExprs: false, inlineExport: false }));
  } finally {
    module.destroy();
  }
}

function decimalFloats(text: string): string {
  return text
    .replaceAll(
      /(-?)0x([\da-f]+)(?:\.([\da-f]+))?p([+-]\d+) \(;=[^;]*;\)/g,
      (_, sign, whole, part = '', power) => {
        const mantissa = Number.parseInt(`${whole}${part}`, 16);
        return `${sign}${mantissa * 2 ** (Number(power) - 4 * (part as string).length)}`;
      },
    )
    .replaceAll(/(nan|inf)(:0x[\da-f]+)? \(;=[^;]*;\)/g, '$1$2');
}
