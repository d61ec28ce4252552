export { type Codec, codec } from "./codec.ts";
export { array, mapped, nullable, tuple, value } from "./compound-types.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { decodeLine, encodeLine } from "./line.ts";
export { prescan } from "./prescan.ts";
export { bool, bytes, bytesUpTo, literal, nil, text, u64, uint } from "./scalar-types.ts";
export { SerializationError, type SerializationErrorCode } from "./serialization-error.ts";
export { type StructOptions, struct, variant } from "./struct-types.ts";
export type { TypeOf, Value, WireType } from "./value.ts";
