/** The device's real time: a signature made with any other would be refused. */
export function signingTime(): Date {
  return new Date();
}
