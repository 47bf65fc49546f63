/**
 * Who somebody is, without saying it: everything that is kept for long names a person by an id, and only here does the
 * id lead to a number. Rejects with StorageError.
 */
export interface People {
  /**
   * The id of whoever has a number, made when it is asked for first. Durable when it resolves.
   * @throws RangeError for what is no E.164 number
   */
  idOf(number: string): Promise<string>
  /** The id of whoever has a number, if they are known. */
  find(number: string): Promise<string | undefined>
  /** The number of a person; undefined also after it was erased. */
  numberOf(personId: string): Promise<string | undefined>
  /** Counts one more try of the PIN from a number. Durable when it resolves; answers those of the last 24 hours. */
  countPinTry(number: string): Promise<number>
  /** Tries of the PIN from a number in the last 24 hours. */
  pinTries(number: string): Promise<number>
  /**
   * What can stand for a text where the text must not be: 64 hexadecimal digits, the same for the same text, and of no
   * use to anybody without the key in the data folder.
   */
  keyed(text: string): string
}
