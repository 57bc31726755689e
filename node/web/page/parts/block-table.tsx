// Blocks as rows, with what the node makes of them.

import { Link } from '@tanstack/react-router'
import type { Result } from '../../../rpc/api.ts'
import { useWords } from '../language/language.tsx'
import { AddressLink } from './ids.tsx'
import { Money } from './money.tsx'
import { Scroll } from './scroll.tsx'
import { Badge } from './states.tsx'
import { Moment } from './time.tsx'

type Summary = Result<'bridge_blocks'>['blocks'][number]

export function BlockTable({ blocks }: { readonly blocks: readonly Summary[] }) {
  const words = useWords()
  if (blocks.length === 0) return <p className="faint">{words.home.none}</p>
  return (
    <Scroll name={words.blocks.heading}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.blocks.height}</th>
            <th scope="col">{words.blocks.verdict}</th>
            <th scope="col" className="number">
              {words.blocks.steps}
            </th>
            <th scope="col" className="number">
              {words.blocks.requests}
            </th>
            <th scope="col" className="number">
              {words.blocks.fee}
            </th>
            <th scope="col">{words.blocks.miner}</th>
            <th scope="col">{words.blocks.published}</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map((block) => (
            <tr key={block.id}>
              <td>
                <Link to="/block/$id" params={{ id: block.id }} title={block.id}>
                  {`${block.height}`}
                </Link>
              </td>
              <td>
                <BlockBadge block={block} />
              </td>
              <td className="number">{block.steps}</td>
              <td className="number">{block.requests}</td>
              <td className="number">
                <Money tokens={block.fee} />
              </td>
              <td>
                <AddressLink owner={block.miner} />
              </td>
              <td>
                <Moment at={block.publishedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

export function BlockBadge({
  block,
}: {
  readonly block: Pick<Summary, 'final' | 'refuted' | 'verdict' | 'preferred'>
}) {
  const { blocks } = useWords()
  if (block.refuted) return <Badge tone="bad">{blocks.refuted}</Badge>
  if (block.final) return <Badge tone="good">{blocks.final}</Badge>
  const tone = block.verdict === 'valid' ? 'good' : block.verdict === 'unknown' ? 'pending' : 'bad'
  return (
    <>
      <Badge tone={tone}>{blocks.verdicts[block.verdict]}</Badge>{' '}
      {block.preferred && <Badge tone="plain">{blocks.preferred}</Badge>}
    </>
  )
}
