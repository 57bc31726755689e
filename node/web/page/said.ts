// What the page itself refuses, in the words of whatever language is chosen when it is shown.

import type { Words } from './language/en.ts'

export class Said extends Error {
  readonly say: (words: Words) => string

  constructor(say: (words: Words) => string) {
    super('refused by the page')
    this.say = say
  }
}
