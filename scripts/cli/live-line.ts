// A line of a terminal that is written again and again, as a sign of life and of progress; where no terminal is, nothing.

import { printableLine } from './printable.ts'
import type { Shell } from './shell.ts'

const FRAMES = ['|', '/', '-', '\\']
const FRAME_MS = 250
const NARROW = 80
/** To the beginning of the line, and all of it away. */
const CLEAR = '\r\u001b[2K'

/** `render` gets the seconds since the beginning. Dispose of it before anything else is written. */
export function showLive({ stderr }: Shell, render: (seconds: number) => string): Disposable {
  if (stderr.isTTY !== true) return { [Symbol.dispose]: () => undefined }
  const startedMs = performance.now()
  let frame = 0
  const draw = () => {
    const text = printableLine(render(Math.floor((performance.now() - startedMs) / 1_000)))
    const { columns = 0 } = stderr
    const width = (columns > 0 ? columns : NARROW) - 1
    stderr.write(`${CLEAR}${`${FRAMES[frame++ % FRAMES.length]} ${text}`.slice(0, width)}`)
  }
  draw()
  const timer = setInterval(draw, FRAME_MS)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      stderr.write(CLEAR)
    },
  }
}
