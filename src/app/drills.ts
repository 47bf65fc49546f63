import * as drills from '../sim/drills/drills.ts'
import { startApart } from './apart.ts'
import { killGround } from './kill-ground.ts'
import { startRehearsal } from './rehearsal.ts'
import { startToolGround } from './tool-ground.ts'
import { startVirtualRehearsal } from './virtual-rehearsal.ts'

/** Runs drills, each against a rehearsal of its own; see sim/drills. */
export function runDrills(request: drills.DrillRequest): AsyncIterable<drills.DrillReport> {
  return drills.runDrills(request, {
    together: startRehearsal,
    apart: startApart,
    virtual: startVirtualRehearsal,
    tools: startToolGround,
    kills: killGround,
  })
}
