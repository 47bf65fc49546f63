export { downStrict, downThirdBand } from './down'
export { up } from './up'
