import { describe, expect, it } from 'vitest'
import { untouched } from '../../../src/sim/caller/network.ts'
import { Uplink } from '../../../src/sim/twilio/uplink.ts'

const held = { ...untouched, held: true }
const swapped = { ...untouched, swapped: true }
const repeated = { ...untouched, repeated: true }

function uplink(): { readonly sent: string[]; readonly line: Uplink } {
  const sent: string[] = []
  return { sent, line: new Uplink((text) => sent.push(text)) }
}

describe('Uplink', () => {
  it('sends what is untouched at once', () => {
    const { sent, line } = uplink()
    line.sendFrame('1', untouched)
    line.send('mark')
    expect(sent).toEqual(['1', 'mark'])
  })

  it('keeps what is held, and all behind it, for the next frame that is not', () => {
    const { sent, line } = uplink()
    line.sendFrame('1', held)
    line.send('mark')
    line.sendFrame('2', held)
    expect(sent).toEqual([])
    line.sendFrame('3', untouched)
    expect(sent).toEqual(['1', 'mark', '2', '3'])
  })

  it('lets go of what is held also when the next frame is lost', () => {
    const { sent, line } = uplink()
    line.sendFrame('1', held)
    line.skipFrame(held)
    expect(sent).toEqual([])
    line.skipFrame(untouched)
    expect(sent).toEqual(['1'])
  })

  it('sends a swapped frame behind the next', () => {
    const { sent, line } = uplink()
    for (const text of ['1', '3', '5']) {
      line.sendFrame(text, swapped)
      line.sendFrame(`${Number(text) + 1}`, untouched)
    }
    expect(sent).toEqual(['2', '1', '4', '3', '6', '5'])
  })

  it('sends a repeated frame twice', () => {
    const { sent, line } = uplink()
    line.sendFrame('1', repeated)
    line.sendFrame('2', untouched)
    expect(sent).toEqual(['1', '1', '2'])
  })

  it('flush() lets go of everything that waits', () => {
    const { sent, line } = uplink()
    line.sendFrame('1', swapped)
    line.sendFrame('2', { ...held, swapped: true })
    line.flush()
    expect(sent).toEqual(['2', '1'])
  })
})
