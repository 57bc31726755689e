// The last final block and all that is built on it.

import { useWords } from '../language/language.tsx'
import { useCall } from '../node.ts'
import { BlockTable } from '../parts/block-table.tsx'
import { Answer } from '../parts/states.tsx'

export function Blocks() {
  const { blocks: words } = useWords()
  const answer = useCall('bridge_blocks', {})
  return (
    <>
      <h1>{words.heading}</h1>
      <p className="faint">{words.note}</p>
      <Answer of={answer}>{({ blocks }) => <BlockTable blocks={blocks.toReversed()} />}</Answer>
    </>
  )
}
