module pkgops.local/helpers

go 1.24
