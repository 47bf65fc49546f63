import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = join(import.meta.dirname, '../../src')

/** Lines of the product that call a handler of a tool. */
function callsIn(text: string): number {
  return [...text.matchAll(/\bhandler\s*(\?\.)?\(|\.handler\b|\bhandler\.(call|apply|bind)\b/g)].length
}

describe('handlers of tools', () => {
  it('callsIn() sees a call', () => {
    expect(callsIn('await tool.handler(input, context)')).toBeGreaterThan(0)
    expect(callsIn('const run = tool.handler')).toBeGreaterThan(0)
    expect(callsIn('return handler?.(input)')).toBeGreaterThan(0)
    expect(callsIn('readonly handler: ToolHandler')).toBe(0)
  })

  it('are called in one place', () => {
    const rooms = ['app', 'call', 'gate', 'http', 'ports', 'tools']
    const files = rooms.flatMap((room) =>
      readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(source, room, name)),
    )
    const calling = files.filter((file) => callsIn(readFileSync(file, 'utf8')) > 0)
    expect(calling.map((file) => relative(source, file))).toEqual(['gate/run-handler.ts'])
  })
})
