module gmptop.test/made
go 1.19
