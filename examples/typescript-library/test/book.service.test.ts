import { expect, it } from 'vitest'
import { prisma } from '../src/db.js'
import { BookService } from '../src/services/book.service.js'

it('finds titles', async () => {
  for (const title of ['Emma', 'Ulysses']) {
    await prisma.book.create({ data: { title, copies: 1 } })
  }
  expect(await new BookService().titlesAtOnce([1, 2])).toEqual(['Emma', 'Ulysses'])
})
