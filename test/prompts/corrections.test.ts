import { describe, expect, it } from 'vitest'
import { correction } from '../../src/prompts/corrections.ts'

describe('correction()', () => {
  it('says what became of it, or what stands in its place', () => {
    const claim = { kind: 'status', said: 'i have sent' } as const
    expect(correction({ ...claim, stands: ['failed'] })).toBe('I have to correct myself: that was not done.')
    expect(correction({ ...claim, stands: ['unknown'] })).toMatch(/I do not know whether that was done\.$/)
    expect(correction({ ...claim, stands: ['waits'] })).toMatch(/that is not done yet\.$/)
    expect(correction({ kind: 'time', said: 'eleven thirty', stands: ['10:30', '11:00', '12:00'] })).toBe(
      'I have to correct myself: I have 10:30 and 11:00 here, not eleven thirty.',
    )
    expect(correction({ kind: 'sum', said: '$40', stands: [] })).toMatch(
      /I have nothing here that says \$40\.$/,
    )
  })

  it('holds no quote that could end what is to be said', () => {
    expect(correction({ kind: 'number', said: '1"\n2', stands: ['"3"'] })).not.toMatch(/["\n]/)
  })
})
