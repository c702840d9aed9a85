// cAdvisor's own parser of OOM messages (utils/oomparser) over a file of log lines instead of /dev/kmsg.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"reflect"
	"unsafe"

	"github.com/euank/go-kmsg-parser/kmsgparser"
	"github.com/google/cadvisor/utils/oomparser"
)

// lines hands out a file's lines as kernel messages. Its buffer keeps the hand-over cheap; /dev/kmsg has a buffer of one.
type lines struct{ file *os.File }

func (l lines) SeekEnd() error              { return nil }
func (l lines) SetLogger(kmsgparser.Logger) {}
func (l lines) Close() error                { return l.file.Close() }

func (l lines) Parse() <-chan kmsgparser.Message {
	messages := make(chan kmsgparser.Message, 4096)
	go func() {
		defer close(messages)
		scanner := bufio.NewScanner(l.file)
		scanner.Buffer(make([]byte, 1<<20), 1<<20)
		for scanner.Scan() {
			messages <- kmsgparser.Message{Message: scanner.Text()}
		}
		if err := scanner.Err(); err != nil {
			log.Fatal(err)
		}
	}()
	return messages
}

// over makes the parser read from the given source. Its only constructor opens /dev/kmsg, so the field is set from outside.
func over(source kmsgparser.Parser) *oomparser.OomParser {
	parser := &oomparser.OomParser{}
	field := reflect.ValueOf(parser).Elem().FieldByName("parser")
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(source))
	return parser
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	found := make(chan *oomparser.OomInstance, 4096)
	go func() {
		over(lines{file}).StreamOoms(found)
		close(found)
	}()
	count := 0
	for range found {
		count++
	}
	fmt.Println(count)
}
