// LocalFiles
