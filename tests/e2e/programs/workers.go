package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

func main() {
	data, err := os.ReadFile("text")
	if err != nil {
		panic(err)
	}
	lines := strings.Split(string(data), "\n")
	todo := make(chan int)
	var mutex sync.Mutex
	var group sync.WaitGroup
	total := 0
	for w := 0; w < 4; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range todo {
				mutex.Lock()
				total += len(lines[n]) * n
				mutex.Unlock()
			}
		}()
	}
	for n := range lines {
		todo <- n
	}
	close(todo)
	group.Wait()
	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("time is over")
	}
	fmt.Println(total)
}
