(function () { 'use strict'; mapprof.profile = function () {}; })();
