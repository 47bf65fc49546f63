/** The stream of the messages that mediaText writes. */
export const streamSid = `MZ${'ab'.repeat(16)}`

/** A media message with its keys in one of four orders. */
export function mediaText(options: { payload?: string; timestamp?: string; order?: number } = {}): string {
  const media = {
    track: 'inbound',
    chunk: '7',
    timestamp: options.timestamp ?? '155',
    payload: options.payload ?? Buffer.alloc(160, 0x7f).toString('base64'),
  }
  const orders = [
    { event: 'media', sequenceNumber: '9', streamSid, media },
    { event: 'media', sequenceNumber: '9', media, streamSid },
    {
      streamSid,
      media: { payload: media.payload, timestamp: media.timestamp, chunk: '7', track: 'inbound' },
      event: 'media',
    },
    { event: 'media', streamSid, media: { ...media, extra: { payload: 'AAAA', deep: ['payload', '"'] } } },
  ]
  return JSON.stringify(orders[(options.order ?? 0) % orders.length])
}
