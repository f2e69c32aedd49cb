#!/usr/bin/env node
// Stands beside what is built, so that npm links the command in a clone before there is a build.
import './dist/bin.js';
