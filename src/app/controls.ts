/** How running rehearsals of this user are rung. */
export { readControls } from '../sim/control.ts'
