export { type Picture, type PictureType, pictureTypeOf } from "./core/picture.ts";
export type { ProfileView, Properties, PropertyChange, PropertyTypes, StandardProperties } from "./core/properties.ts";
export { IdentityProfileError, type IdentityProfileErrorCode } from "./identity-profile-error.ts";
export { decodeProfile, encodeProfile, type ProfileEntries } from "./wire/profile.ts";
