import { describe, expect, it } from 'vitest'
import { knownModel, modelWarning } from '../../src/openai/models.ts'

describe('modelWarning()', () => {
  it('is silent on a current model', () => {
    expect(modelWarning('gpt-realtime-2.1', '2026-11-20')).toBeUndefined()
    expect(modelWarning('gpt-6-luna', '2026-11-20')).toBeUndefined()
  })

  it('names the day and the successor, before and after', () => {
    expect(modelWarning('gpt-realtime', '2027-01-19')).toBe(
      'Model gpt-realtime will be shut down on 2027-01-20: use gpt-realtime-2.1',
    )
    expect(modelWarning('gpt-realtime', '2027-01-20')).toBe(
      'Model gpt-realtime was shut down on 2027-01-20: use gpt-realtime-2.1',
    )
  })

  it('says that it does not know a name', () => {
    expect(modelWarning('gpt-realtim', '2026-11-20')).toBe(
      'Model gpt-realtim is not in the list of 2026-11-20: check its name and shutdown date',
    )
  })
})

describe('knownModel()', () => {
  it('names as successor only models that are in the list and have no earlier end', () => {
    for (const id of ['gpt-realtime', 'gpt-realtime-mini', 'whisper-1', 'gpt-4o', 'tts-1', 'gpt-5.1']) {
      const model = knownModel(id)
      const successor = knownModel(model?.successor ?? '')
      expect(successor).toBeDefined()
      expect(successor?.shutdown).toBeUndefined()
    }
  })

  it('knows which models reason', () => {
    expect(knownModel('gpt-realtime-2.1-mini')?.reasoning).toBe(true)
    expect(knownModel('gpt-realtime-1.5')?.reasoning).toBe(false)
  })
})
