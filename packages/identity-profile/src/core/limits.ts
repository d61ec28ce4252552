/** SPEC §6. Bytes, where nothing else is said. */
export const limits = {
  /** One encoded profile. */
  profile: 524_288,
  /** Properties of one profile. */
  properties: 64,
  /** Characters of a property's name, all of ASCII. */
  propertyName: 64,
  name: 256,
  status: 1_024,
  picture: 262_144,
  /** Of a profile's private name. */
  profileName: 64,
  /** Profiles of one person. */
  profiles: 64,
} as const;
