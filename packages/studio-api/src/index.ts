export type * from './types.ts';
export type * from './trace.ts';
export { FRAME_FLAGS, FRAME_WORDS, LEVEL_KINDS, MIP_STEPS, STATE_PARTS } from './trace.ts';
export type {
  AttachResult,
  ChainNews,
  Cheat,
  SampleName,
  SourceFile,
  StudioChain,
  TxFilter,
} from './chain.ts';
export { invalid, notFound, outOfRange, unsupported } from './errors.ts';
export type { MethodName, ParamsOf, ResultOf, StudioMethods, Topic } from './methods.ts';
export {
  MAX_ATTACHED_FILES,
  MAX_FILE_LENGTH,
  MAX_FOUND,
  MAX_PAGE,
  MAX_TRACE_STEPS,
  PARAMS,
} from './methods.ts';
export { REMEMBERED_BLOCKS } from './pulse.ts';
export type { Later, StreamEvent } from './stream.ts';
export { BATCH_MS, MAX_BATCH_ITEMS } from './stream.ts';
export type { Binary } from './traces.ts';
export { MAX_OPEN_TRACES } from './traces.ts';
export type { Studio, StudioOptions } from './service.ts';
export { createStudio } from './service.ts';
