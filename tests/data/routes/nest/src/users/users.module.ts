import { Module } from '@nestjs/common';
import { PeopleController, UsersController } from './users.controller';

@Module({ controllers: [UsersController, PeopleController] })
export class UsersModule {}
