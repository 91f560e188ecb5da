import express from 'express'
import { bookRouter } from './routes/book.routes.js'
import { loanRouter } from './routes/loan.routes.js'

const app = express()
app.use(express.json())
app.use('/books', bookRouter)
app.use('/loans', loanRouter)
app.listen(Number(process.env.PORT ?? 3000))
