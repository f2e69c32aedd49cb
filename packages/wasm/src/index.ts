export type { DataSegment, ElementSegment, Initializer, ModuleBuilder } from './module-builder.ts';
export { createModule } from './module-builder.ts';
export type { BlockType, FunctionBuilder, Label } from './function-builder.ts';
export type { ImmediateKind, OpName, OpRow } from './spec/opcodes.ts';
export { OPCODES } from './spec/opcodes.ts';
export type {
  ExternalKind,
  FunctionType,
  GlobalType,
  Limits,
  MemoryType,
  ReferenceType,
  TableType,
  ValueType,
} from './spec/types.ts';
export { ByteReader } from './byte-reader.ts';
export type { Immediate, Instruction } from './decode-instructions.ts';
export { readExpression, readInstruction } from './decode-instructions.ts';
export type {
  DecodedCode,
  DecodedData,
  DecodedElements,
  DecodedModule,
  DecodedNames,
  ImportType,
} from './decode-module.ts';
export { decodeModule, MAX_LOCALS } from './decode-module.ts';
export { disassemble, instructionAt, instructionText } from './disassemble.ts';
export type { WasmFeature } from './features.ts';
export { detectFeatures } from './features.ts';
