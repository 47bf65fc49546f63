/** Tells whether a text is a phone number in E.164: plus, country code, at most 15 digits. */
export function isPhoneNumber(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text)
}
