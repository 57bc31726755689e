// A payment among those that it stands on and those that are built on it: every one is a link, and leads to its own neighbourhood.

import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { isInfohash } from '../../../protocol/ids.ts'
import { BOX, type Drawing, drawNeighbourhood } from '../graph/layout.ts'
import { type Neighbourhood, neighbourhoodOf, type Vertex } from '../graph/neighbourhood.ts'
import { useWords } from '../language/language.tsx'
import { node } from '../node.ts'
import { short, TransactionLink } from '../parts/ids.tsx'
import { nameTokens } from '../parts/money.tsx'
import { Scroll } from '../parts/scroll.tsx'
import { Answer } from '../parts/states.tsx'
import { kindOf } from '../parts/transaction-list.tsx'
import { NotFound } from './not-found.tsx'

/** Around the drawing, so that borders are not cut. */
const MARGIN = 4

export function Graph() {
  const { infohash } = useParams({ from: '/graph/$infohash' })
  return isInfohash(infohash) ? <KnownGraph infohash={infohash} /> : <NotFound />
}

function KnownGraph({ infohash }: { readonly infohash: Neighbourhood['centre'] }) {
  const { graph } = useWords()
  const answer = useQuery({
    queryKey: ['transactions', 'neighbourhood', infohash],
    queryFn: async ({ signal }) => {
      const neighbourhood = await neighbourhoodOf(node, infohash, signal)
      return { neighbourhood, drawing: await drawNeighbourhood(neighbourhood) }
    },
  })
  return (
    <>
      <h1>{graph.heading}</h1>
      <p>
        {graph.around} <TransactionLink infohash={infohash} />. {graph.note}
      </p>
      <Answer of={answer}>
        {({ neighbourhood, drawing }) => (
          <>
            <Picture neighbourhood={neighbourhood} drawing={drawing} />
            {neighbourhood.isCut && <p className="faint">{graph.cut}</p>}
          </>
        )}
      </Answer>
    </>
  )
}

function Picture({ neighbourhood, drawing }: { readonly neighbourhood: Neighbourhood; readonly drawing: Drawing }) {
  const { graph } = useWords()
  const [width, height] = [drawing.width + 2 * MARGIN, drawing.height + 2 * MARGIN]
  return (
    <Scroll name={graph.heading}>
      <svg className="graph" width={width} height={height} viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}>
        <title>{graph.heading}</title>
        {drawing.lines.map(({ id, points }) => (
          <polyline key={id} points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
        ))}
        {neighbourhood.vertices.map((vertex) => (
          <Box
            key={vertex.record.infohash}
            vertex={vertex}
            place={drawing.places.get(vertex.record.infohash) ?? { x: 0, y: 0 }}
            isCentre={vertex.record.infohash === neighbourhood.centre}
          />
        ))}
      </svg>
    </Scroll>
  )
}

type BoxProps = {
  readonly vertex: Vertex
  readonly place: { readonly x: number; readonly y: number }
  readonly isCentre: boolean
}

function Box({ vertex: { record, tx }, place: { x, y }, isCentre }: BoxProps) {
  const words = useWords()
  const { infohash, status, asset } = record
  const what = words.tx.kinds[kindOf(tx)]
  const amount = tx === undefined || tx.kind === 'take' ? '' : nameTokens(tx.tokens, asset, words)
  const box = (
    <g transform={`translate(${x} ${y})`} className={`box ${status}${isCentre ? ' centre' : ''}`}>
      <rect width={BOX.width} height={BOX.height} rx="8" />
      <text x="10" y="21">
        {what} {amount.length > 14 ? `${amount.slice(0, 13)}…` : amount}
      </text>
      <text x="10" y="41" className="second">
        {short(infohash)} · {words.status[status]}
      </text>
    </g>
  )
  if (isCentre) {
    return (
      <Link to="/tx/$infohash" params={{ infohash }}>
        {box}
      </Link>
    )
  }
  return (
    <Link to="/graph/$infohash" params={{ infohash }}>
      {box}
    </Link>
  )
}
