import { Body, Get, Param, Post } from '@nestjs/common';

export abstract class CrudController {
  @Get()
  list() {
    return [];
  }

  @Get(':id')
  one(@Param('id') id: string) {
    return id;
  }

  @Post()
  create(@Body() body: object) {
    return body;
  }
}
