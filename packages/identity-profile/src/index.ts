export { type Picture, type PictureType, pictureTypeOf } from "./core/picture.ts";
export type { ProfileView, Properties, PropertyChange, PropertyTypes, StandardProperties } from "./core/properties.ts";
export { IdentityProfileError, type IdentityProfileErrorCode } from "./identity-profile-error.ts";
export {
  type Cancellable,
  type ContactProfile,
  IdentityProfiles,
  type IdentityProfilesOptions,
  type OwnProfile,
  type ProfileOptions,
  profileTopic,
  type SetOptions,
} from "./identity-profiles.ts";
export { decodeProfile, encodeProfile, type ProfileEntries } from "./wire/profile.ts";
