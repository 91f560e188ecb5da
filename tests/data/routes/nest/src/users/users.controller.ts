import { All, Body, Controller, Delete, Get, Param, Post, Search, Version } from '@nestjs/common';
import { CrudController } from '../common/crud.controller';

@Controller('users')
export class UsersController extends CrudController {
  @Get(['me', 'self'])
  me() {
    return {};
  }

  @Version('2')
  @Post()
  createNext(@Body() body: object) {
    return body;
  }

  @All('any')
  any() {
    return '';
  }
}

@Controller({ path: ['people', 'persons'], version: ['2', '3'] })
export class PeopleController {
  @Get(':id')
  show(@Param('id') id: string) {
    return id;
  }

  @Delete(':id')
  @Version(['4'])
  remove(@Param('id') id: string) {
    return id;
  }

  @Search()
  find() {
    return [];
  }
}
