const RATES_HZ = [8_000, 16_000, 24_000]
const HEADER_BYTES = 44

/** Mono 16-bit sound with its rate: what a WAV file of the rehearsal holds. */
export type Sound = {
  /** 8000, 16000 or 24000. */
  readonly rateHz: number
  /** 16-bit signed, host order. */
  readonly samples: Int16Array
}

/** A WAV file that cannot be read or written here; the message names what was found. */
export class WavError extends Error {
  readonly code = 'ERR_WAV'
}

/**
 * Writes a WAV file: PCM, 16 bits, one channel.
 * @throws WavError for a rate other than 8000, 16000 or 24000 Hz
 * Source: Multimedia Programming Interface and Data Specifications 1.0, "WAVE"
 */
export function writeWav(sound: Sound): Uint8Array {
  checkRate('write', sound.rateHz)
  const dataBytes = sound.samples.length * 2
  const file = new Uint8Array(HEADER_BYTES + dataBytes)
  const view = new DataView(file.buffer)
  putText(file, 0, 'RIFF')
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true)
  putText(file, 8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, sound.rateHz, true)
  view.setUint32(28, sound.rateHz * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  putText(file, 36, 'data')
  view.setUint32(40, dataBytes, true)
  sound.samples.forEach((sample, index) => view.setInt16(HEADER_BYTES + index * 2, sample, true))
  return file
}

/**
 * Reads a WAV file: PCM, 16 bits, one channel; chunks other than `fmt ` and `data` are skipped.
 * @throws WavError when it is anything else, or cut short
 */
export function readWav(file: Uint8Array): Sound {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < 12 || textAt(file, 0) !== 'RIFF' || textAt(file, 8) !== 'WAVE') {
    throw new WavError('Cannot read WAV: it does not start with RIFF and WAVE')
  }
  let rateHz: number | undefined
  for (let offset = 12; offset + 8 <= file.length;) {
    const bytes = view.getUint32(offset + 4, true)
    const start = offset + 8
    if (start + bytes > file.length)
      throw new WavError(`Cannot read WAV: chunk of ${bytes} bytes is cut short`)
    const name = textAt(file, offset)
    if (name === 'fmt ') rateHz = readFormat(view, start, bytes)
    if (name === 'data') {
      if (rateHz === undefined) throw new WavError('Cannot read WAV: data comes before its format')
      return { rateHz, samples: readSamples(view, start, bytes) }
    }
    offset = start + bytes + (bytes % 2)
  }
  throw new WavError('Cannot read WAV: it has no data')
}

function readFormat(view: DataView, start: number, bytes: number): number {
  if (bytes < 16) throw new WavError(`Cannot read WAV: its format has ${bytes} bytes`)
  const found = `format ${view.getUint16(start, true)}, ${view.getUint16(start + 2, true)} channels, ${view.getUint16(start + 14, true)} bits`
  if (found !== 'format 1, 1 channels, 16 bits') {
    throw new WavError(`Cannot read WAV: ${found} is not PCM, one channel, 16 bits`)
  }
  const rateHz = view.getUint32(start + 4, true)
  checkRate('read', rateHz)
  return rateHz
}

function readSamples(view: DataView, start: number, bytes: number): Int16Array {
  if (bytes % 2 !== 0) throw new WavError(`Cannot read WAV: ${bytes} bytes is not a whole number of samples`)
  return Int16Array.from({ length: bytes / 2 }, (_, index) => view.getInt16(start + index * 2, true))
}

function checkRate(action: string, rateHz: number): void {
  if (!RATES_HZ.includes(rateHz)) {
    throw new WavError(`Cannot ${action} WAV: ${rateHz} Hz is none of ${RATES_HZ.join(', ')}`)
  }
}

function textAt(file: Uint8Array, offset: number): string {
  return String.fromCharCode(...file.subarray(offset, offset + 4))
}

function putText(file: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) file[offset + index] = text.charCodeAt(index)
}
