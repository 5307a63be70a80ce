module mapprof

go 1.19
